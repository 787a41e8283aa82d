"""A function of values: the laws that hold for every operation, whatever it computes.

The harness gathers the evidence at every call (were the inputs changed, does the result share memory with one of
them, did a second call give the same bytes); these laws judge it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.implementation import DIVIDES
from cnnspec.laws.changed import one_change
from cnnspec.laws.compare import differs, equal, first_index, rounded
from cnnspec.laws.conditions import exact_values, integer_filled, nonempty, one_in
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Array

EVERY = tuple(BY_NAME)
NUMPY = "NumPy Enhancement Proposal 13, functions without side effects; https://numpy.org/doc/stable/glossary.html"
ARRAY_API = "Python array API standard, copy-view behaviour; https://data-apis.org/array-api/latest/design_topics/copies_views_and_mutation.html"
RELU_EXAMPLE = ("relu:x=1x1x3,f64,data.x=-1_0_2", [[[0, 0, 2]]])


def order_cannot_show(case: Case) -> bool:
    """Whether two ways of adding give the same bits: on integers, and where nothing is divided."""
    return integer_filled(case) and case.operation.name not in DIVIDES


@law(
    "PURE-1",
    title="inputs stay as they are",
    formula="$x, w, b$ after the call $= x, w, b$ before it",
    source=ARRAY_API,
    operations=EVERY,
    lane="purity",
    example=RELU_EXAMPLE,
    mutants=("writes_into_input", "flips_weights_in_place"),
)
def inputs_unchanged(probe: Probe) -> Failure | None:
    """A call changes none of its input arrays, nor the buffer behind a view."""
    changed = probe.observation.facts.inputs_changed
    return Failure(f"the call changed its input {', '.join(changed)}") if changed else None


@law(
    "PURE-2",
    title="the result is fresh",
    formula="$\\operatorname{mem}(y) \\cap \\operatorname{mem}(x) = \\emptyset$",
    source=ARRAY_API,
    operations=EVERY,
    lane="purity",
    example=RELU_EXAMPLE,
    mutants=("returns_view_of_input",),
)
def result_fresh(probe: Probe) -> Failure | None:
    """The result shares no memory with an input: writing to one never changes the other."""
    if probe.dialect("mem.output_alias", "no") == "yes":
        return None
    aliases, call = probe.observation.facts.aliases, ""
    if not aliases and one_in(6, probe.case) and (nothing := nothing_to_do(probe)) is not None:
        arrays, options = nothing
        aliases, call = probe.observe(arrays, options).facts.aliases, "the call in which there is nothing to do"
    if not aliases:
        return None
    return Failure(f"the result is a view of the input {', '.join(aliases)}; return a copy", call=call)


def nothing_to_do(probe: Probe) -> tuple[dict[str, Array], dict[str, Any]] | None:
    """Arrays and options under which the result is the first array: windows of one element, no pads, x above 0."""
    case = probe.case
    if {"w", "k", "b"} & set(case.shapes) or case.operation.name == "conv_bias_grad":
        return None
    extents = (1,) * case.rank if case.operation.name.startswith("global") else case.shapes["x"][2:]
    neutral: dict[str, Any] = {
        "kernel_size": (1,) * case.rank, "stride": (1,) * case.rank, "dilation": (1,) * case.rank,
        "padding": ((0, 0),) * case.rank, "output_size": extents, "ceil_mode": False,
    }  # fmt: skip
    options = {name: neutral.get(name, value) for name, value in case.options.items()}
    changed = replace(case, shapes={"x": (*case.shapes["x"][:2], *extents)}, options=options, layouts={})
    if not changed.valid or outside(changed, probe.claims):
        return None
    arrays = {name: np.ones(shape, probe.arrays[name].dtype) for name, shape in changed.array_shapes.items()}
    return arrays, changed.call_options


@law(
    "PURE-3",
    title="the same call gives the same result",
    formula="$f(x, w) = f(x, w)$",
    source=NUMPY,
    operations=EVERY,
    lane="purity",
    example=RELU_EXAMPLE,
    mutants=("stale_cache",),
)
def repeatable(probe: Probe) -> Failure | None:
    """Calling twice with equal arguments gives bitwise equal results, and results of earlier calls stay as they are."""
    if probe.observation.facts.repeat_differs:
        return Failure("a second call with equal arguments gave another result, or changed the first one")
    if probe.observation.facts.earlier_changed:
        return Failure("the result of an earlier call is another one now")
    return None


@law(
    "PURE-4",
    title="memory layout does not matter",
    formula="$f(\\text{view}) = f(\\text{copy of the view})$",
    source=ARRAY_API,
    operations=EVERY,
    lane="purity",
    applies=lambda case: bool(case.layouts) and order_cannot_show(case),
    example=("relu:x=1x1x3,f64,layout.x=rev,data.x=-1_0_2", [[[0, 0, 2]]]),
    mutants=("reads_base_buffer",),
)
def layout_independent(probe: Probe) -> Failure | None:
    """Transposed, strided, reversed, offset, broadcast and read-only views give what a plain copy gives."""
    exact_values(probe)
    plain = probe.call({name: np.array(a, order="C") for name, a in probe.arrays.items()}, description="plain copies")
    if plain.shape == probe.got.shape and differs(plain, probe.got).any():
        return equal(plain, probe.got, "a view gives another result than a plain copy of the same values")
    return None


@law(
    "PURE-5",
    title="dtype in, dtype out",
    formula="$\\operatorname{dtype}(y) = \\operatorname{dtype}(x)$",
    source="ONNX Operators.md, type constraints; https://onnx.ai/onnx/operators/onnx__Conv.html",
    operations=EVERY,
    lane="purity",
    example=RELU_EXAMPLE,
    mutants=("always_float64",),
)
def dtype_kept(probe: Probe) -> Failure | None:
    """The result is an array of the inputs' dtype; integers may be widened where that is declared."""
    got = probe.got.dtype
    if len(probe.outputs) > 1 and probe.outputs[1].dtype != np.int64:
        return Failure(f"the indices have dtype {probe.outputs[1].dtype.name} where int64 is right")
    if got.name == probe.case.dtype:
        return None
    if (
        got.kind in "iu"
        and probe.case.dtype.lstrip("u").startswith("int")
        and probe.dialect("num.int", "wrap") == "widen"
    ):
        return None
    return Failure(f"the result has dtype {got.name} where the inputs have {probe.case.dtype}")


@law(
    "PURE-6",
    title="nothing else changes",
    formula="state after the call $=$ state before it",
    source=NUMPY,
    operations=EVERY,
    lane="purity",
    example=RELU_EXAMPLE,
    mutants=("prints", "changes_error_state"),
)
def leaves_no_trace(probe: Probe) -> Failure | None:
    """A call prints nothing, and leaves the process as it was: error state, folder, environment, threads."""
    facts = probe.observation.facts
    if facts.state_changed:
        return Failure(f"the call changed {', '.join(facts.state_changed)}")
    if facts.output:
        return Failure(f"the call printed {facts.output[:80]!r}; a library function prints nothing")
    return None


@law(
    "PURE-7",
    title="no state between calls",
    formula="$f(A),\\ f(B),\\ f(A)$: the third equals the first",
    source=NUMPY,
    operations=EVERY,
    lane="purity",
    applies=lambda case: case.seed % 4 == 1 and order_cannot_show(case),
    example=RELU_EXAMPLE,
    mutants=("stale_cache_by_shape",),
)
def stateless(probe: Probe) -> Failure | None:
    """A call on other values in between does not change the answer: A, B, A gives the first A again."""
    exact_values(probe)
    first = next(iter(probe.arrays))
    other = np.array(probe.arrays[first][..., ::-1])
    changed = probe.call({first: other}, description=f"{first} reversed on its last axis")
    again = probe.call(description="the case again")
    if not differs(other, probe.arrays[first]).any():
        return None
    if again.shape == probe.got.shape and differs(probe.got, again).any():
        where = first_index(differs(probe.got, again))
        return Failure("the third call of A, B, A differs from the first", probe.got, again, where)
    del changed
    return None


@law(
    "PURE-8",
    title="arrays changed in place are read anew",
    formula="$x \\leftarrow x', w \\leftarrow w'$ in place, then $f(x, w) = f(x', w')$",
    source=NUMPY,
    operations=EVERY,
    lane="purity",
    applies=lambda case: case.seed % 8 == 5 and not case.layouts and not case.data and order_cannot_show(case),
    example=RELU_EXAMPLE,
    mutants=("stale_cache",),
)
def reads_anew(probe: Probe) -> Failure | None:
    """When the values of an array change in place between two calls, as in training, the second call sees the new."""
    exact_values(probe)
    seen = probe.after(replace(probe.case, seed=probe.case.seed + 1))
    if seen.kind != "returned" or seen.outputs[0].shape != probe.got.shape:
        return Failure(f"a call on arrays that were changed in place did not return the same shape: {seen.message}")
    return equal(probe.got, seen.outputs[0], "a call on arrays that were changed in place gives another result")


@law(
    "PURE-9",
    title="one thing changed is seen",
    formula="$f(A)$, then $f(A')$ is right, where $A'$ is $A$ but for one array, the dtype, or one option",
    source=NUMPY,
    operations=EVERY,
    lane="purity",
    applies=lambda case: case.seed % 4 == 3 and integer_filled(case) and nonempty(case),
    example=RELU_EXAMPLE,
    mutants=("bias_prepared_once", "dtype_of_first_call"),
)
def sees_one_change(probe: Probe) -> Failure | None:
    """A call right after one that differs in a single array, in the dtype or in a single option is right, too."""
    before, after = one_change(probe)
    if before.judge(before.words):
        raise Vacuous("the first of the two calls is wrong by itself")
    failure = after.judge(f"right after {before.words}, {after.words} gives a wrong result")
    alike = before.got.shape == after.got.shape == after.expected[0].shape
    if failure and before.case.dtype == after.case.dtype and alike:
        wrong = differs(rounded(after.expected[0], after.got), after.got)
        if differs(before.got, after.got)[wrong].any():
            raise Vacuous("what is wrong is not what the first call gave")
    return failure


@law(
    "CALL-1",
    title="a claimed call returns an array",
    formula="$f(x, w, \\dots) \\in \\mathbb{K}^{N \\times O \\times m}$",
    source=ARRAY_API,
    operations=EVERY,
    lane="purity",
    example=RELU_EXAMPLE,
    mutants=("returns_list", "returns_none", "raises_on_large_stride"),
)
def returns_an_array(probe: Probe) -> Failure | None:
    """A valid call inside the claims returns a NumPy array: it does not raise, crash, hang or return something else."""
    seen = probe.observation
    words = {
        "raised": "the call is valid and inside the claims, and was refused with",
        "malformed": "the call returned",
    }
    way_out = "; what is not meant to be supported raises NotImplementedError, and is not claimed then"
    message = f"{words.get(seen.kind, 'the call')} {seen.message}".strip() + way_out * (seen.kind == "raised")
    return None if seen.kind == "returned" else Failure(message)
