"""Calls that mean nothing: each is refused, with an error of any kind.

A wrong number that looks like a result is worse than an error; a crash or a hang is worse still.  These laws make one
more call for a case, with one argument spoilt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.implementation import OperationClaims
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.laws.shape import must_refuse
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.implementation import Observation

ONNX = "ONNX Operators.md, attribute constraints; https://onnx.ai/onnx/operators/"
SCIPY = "SciPy, scipy.signal.convolve, Raises; https://docs.scipy.org/doc/scipy/reference/generated/scipy.signal.convolve.html"
PER_AXIS = ("stride", "dilation", "kernel_size", "output_padding", "output_size")
WITH_AXES = tuple(name for name, op in BY_NAME.items() if {o.name for o in op.options} & set(PER_AXIS))
SIGNAL = ("convolve", "cross_correlate")
SUMS = (*(name for name, op in BY_NAME.items() if {"w", "k"} & set(op.geometry)), "avg_pool", "global_avg_pool")
POOL_EXAMPLE = ("max_pool1d:x=1x1x3,kernel_size=2,stride=1,f64,iota", [[[2, 3]]])
SIGNAL_EXAMPLE = ("convolve:x=2,k=2,f64,data.x=1_2,data.k=1_10", [1, 12, 20])


def _claim(probe: Probe) -> OperationClaims:
    return probe.claims.operations[probe.case.op]


def _one_in(case: Case, share: int, which: int) -> bool:
    """Whether a case is one of those in which a law makes its further call."""
    return case.seed % share == which


@law(
    "ARG-1",
    title="one number per axis",
    formula="$s, d, k \\in \\mathbb{Z}^r$ for $r$ spatial axes",
    source=ONNX,
    operations=WITH_AXES,
    lane="reject",
    applies=lambda case: _one_in(case, 4, 0),
    example=POOL_EXAMPLE,
    mutants=("accepts_long_stride", "accepts_short_stride", "accepts_long_padding"),
)
def one_number_per_axis(probe: Probe) -> Failure | None:
    """A stride, dilation, kernel size, padding or output size with too many or too few numbers is an error.

    A single number that stands for every axis is none.
    """
    case, claim = probe.case, _claim(probe)
    names = [name for name in (*PER_AXIS, "padding") if name in case.options and name in claim.options]
    if not names or claim.style == "scalar":
        raise Vacuous("options are not given per axis")
    turn, which = divmod(case.seed // 4, len(names))
    name = names[which]
    given = case.options[name]
    fewer = turn % 2 == 1 and case.rank > 1
    other = given[:-1] if fewer else (*given, given[-1])
    seen = probe.observe(options={name: other})
    if fewer and case.rank == 2 and _may_mean(seen, case.with_options(**{name: other * 2})):
        return None
    words = f"the call with {name}={other}"
    return must_refuse(seen, words, f"there are {case.rank} spatial axes")


def _may_mean(seen: Observation, meant: Case) -> bool:
    """Whether a result has the shape of the call in which a single number stands for every axis."""
    return seen.kind == "returned" and (not meant.valid or seen.outputs[0].shape == meant.output_shape)


@law(
    "ARG-9",
    title="steps are whole numbers",
    formula="$s, d, k \\in \\mathbb{Z}$",
    source=ONNX,
    operations=WITH_AXES,
    lane="reject",
    applies=lambda case: _one_in(case, 8, 5),
    example=POOL_EXAMPLE,
    mutants=("accepts_fractions",),
)
def steps_are_whole(probe: Probe) -> Failure | None:
    """A stride, dilation, kernel size or output size between two whole numbers is an error, and is not rounded."""
    case, claim = probe.case, _claim(probe)
    names = [name for name in PER_AXIS if name in case.options and name in claim.options]
    if not names:
        raise Vacuous("there is no such option")
    name = names[case.seed // 8 % len(names)]
    between = tuple(value + 0.5 for value in case.options[name])
    return must_refuse(probe.observe(options={name: between}), f"the call with {name}={between}", "it must be whole")


@law(
    "ARG-2",
    title="unknown words are refused",
    formula="mode $\\in$ the words that are defined",
    source=SCIPY,
    operations=("pad", *SIGNAL),
    lane="reject",
    applies=lambda case: _one_in(case, 4, 1),
    needs=("mode",),
    example=SIGNAL_EXAMPLE,
    mutants=("accepts_unknown_signal_mode", "accepts_unknown_pad_mode"),
)
def words_are_known(probe: Probe) -> Failure | None:
    """A mode that does not exist is an error, not some other mode."""
    return must_refuse(
        probe.observe(options={"mode": "sideways"}), "the call with mode='sideways'", "no such mode exists"
    )


@law(
    "ARG-3",
    title="arrays hold numbers",
    formula="$x \\in \\mathbb{R}^n$, not booleans",
    source=ONNX,
    operations=SUMS,
    lane="reject",
    applies=lambda case: _one_in(case, 8, 2) and case.shapes["x"][0] > 0,
    example=("conv1d:x=1x1x2,w=1x1x2,f64,ones", [[[2]]]),
    mutants=("accepts_booleans", "accepts_objects"),
)
def arrays_hold_numbers(probe: Probe) -> Failure | None:
    """Arrays of booleans and of Python objects are refused where sums are asked for: they hold no numbers to add."""
    kind = ("bool", "object")[probe.case.seed // 8 % 2]
    spoilt = {name: np.asarray(array).astype(kind) for name, array in probe.arrays.items()}
    return must_refuse(probe.observe(spoilt), f"the call with arrays of dtype {kind}", "the dtype holds no numbers")


@law(
    "ARG-4",
    title="the cotangent has the shape of the output",
    formula="$\\operatorname{shape}(g) = \\operatorname{shape}(f(x, w))$",
    source="Baydin et al. 2018, reverse accumulation; https://jmlr.org/papers/v18/17-468.html",
    operations=tuple(name for name in BY_NAME if name.endswith("_grad") and name != "conv_bias_grad"),  # which fits any
    lane="reject",
    applies=lambda case: _one_in(case, 4, 2) and case.shapes["x"][0] > 0,
    example=("max_pool1d_input_grad:x=1x1x2,kernel_size=2,f64,data.grad_output=5,data.x=1_2", [[[0, 5]]]),
    mutants=("accepts_cotangent_of_other_shape",),
)
def cotangent_fits(probe: Probe) -> Failure | None:
    """A cotangent with one element too many on some axis is an error; so is one that would have to be repeated."""
    case, g = probe.case, probe.arrays["grad_output"]
    if not g.size:
        raise Vacuous("an output without elements has no cotangent that is longer")
    axis = 2 + case.seed // 4 % case.rank
    first = g[(slice(None),) * axis + (slice(0, 1),)]
    longer = np.concatenate([g, first], axis=axis)
    # beside weights it may be g alone that tells how many samples or channels there are
    kept = 2 if "w" in case.shapes or "x" not in probe.arrays else 0
    one = g[(slice(None),) * kept + (slice(0, 1),) * (g.ndim - kept)]
    other = (longer, longer, first, one)[case.seed // 16 % 4]
    other = longer if other.shape == g.shape else other
    words = f"the call with a cotangent of shape {other.shape} for an output of shape {g.shape}"
    return must_refuse(probe.observe({"grad_output": other}), words, "the shapes must be equal")


@law(
    "ARG-5",
    title="no power below 1, nothing in an empty output",
    formula="$p \\ge 1$; $m \\ge 1$, or an empty result",
    source=ONNX,
    operations=("lp_pool", "adaptive_max_pool", "adaptive_avg_pool"),
    lane="reject",
    applies=lambda case: _one_in(case, 4, 3),
    example=("adaptive_max_pool1d:x=1x1x3,output_size=1,f64,iota", [[[3]]]),
    mutants=("accepts_small_p",),
)
def at_least_one(probe: Probe) -> Failure | None:
    """An Lp pooling of power 0 is an error; an adaptive pooling to an extent of 0 is one, or gives no element."""
    changed: dict[str, Any] = {"p": 0} if "p" in probe.case.options else {"output_size": (0,) * probe.case.rank}
    name, value = next(iter(changed.items()))
    if name not in _claim(probe).options:
        raise Vacuous(f"{name} is not claimed")
    seen = probe.observe(options=changed)
    if name == "output_size" and seen.kind == "returned" and seen.outputs[0].size == 0:
        return None
    return must_refuse(seen, f"the call with {name}={value}", "it must be >= 1")


@law(
    "ARG-6",
    title="no crop of more than there is",
    formula="$n + p_{lo} + p_{hi} \\ge 0$",
    source=ONNX,
    operations=("pad",),
    lane="reject",
    applies=lambda case: _one_in(case, 4, 2) and case.options["mode"] == "constant",
    example=("pad:x=1x1x3,padding=-1.0,f64,iota", [[[2, 3]]]),
    mutants=("accepts_crop_of_everything",),
)
def crop_fits(probe: Probe) -> Failure | None:
    """Negative pads that take away more elements than there are is an error."""
    if not _claim(probe).allows_padding("negative"):
        raise Vacuous("negative pads are not claimed")
    n = probe.case.shapes["x"][2]
    pads = ((-n, -1), *probe.case.options["padding"][1:])
    return must_refuse(
        probe.observe(options={"padding": pads}), f"the call with padding={pads}", f"there are {n} elements"
    )


@law(
    "ARG-7",
    title="'valid' needs one argument that covers the other",
    formula="$n_a \\ge k_a$ on every axis, or $n_a \\le k_a$ on every axis",
    source=SCIPY,
    operations=SIGNAL,
    lane="reject",
    applies=lambda case: _one_in(case, 2, 0) and len(case.shapes["x"]) > 1,
    needs=("mode",),
    example=SIGNAL_EXAMPLE,
    mutants=("accepts_mixed_sizes",),
)
def one_covers_the_other(probe: Probe) -> Failure | None:
    """In mode 'valid', an input that is longer on one axis and shorter on another than the kernel is an error."""
    if "valid" not in _claim(probe).choices.get("mode", ("valid",)):
        raise Vacuous("the mode valid is not claimed")
    dtype = probe.arrays["x"].dtype
    rest = (2,) * (len(probe.case.shapes["x"]) - 2)
    seen = probe.observe({"x": np.ones((3, 2, *rest), dtype), "k": np.ones((2, 3, *rest), dtype)}, {"mode": "valid"})
    return must_refuse(seen, "mode 'valid' on extents (3, 2) and (2, 3)", "neither argument covers the other")


@law(
    "ARG-8",
    title="output_padding stays below stride or dilation",
    formula="$0 \\le \\text{output\\_padding} < \\max(s, d)$",
    source="PyTorch, ConvTranspose2d, output_padding; https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html",
    operations=("conv_transpose",),
    lane="reject",
    applies=lambda case: _one_in(case, 3, 2),
    needs=("output_padding",),
    example=("conv_transpose1d:x=1x1x2,w=1x1x1,stride=2,output_padding=1,f64,data.x=3_5,data.w=1", [[[3, 0, 5, 0]]]),
    mutants=("accepts_large_output_padding", "accepts_negative_output_padding"),
)
def output_padding_fits(probe: Probe) -> Failure | None:
    """An output_padding below 0, or as large as both stride and dilation, is an error: it would add empty steps."""
    case = probe.case
    axis = case.seed % case.rank
    bad = -1 if case.seed // 3 % 2 else max(case.options["stride"][axis], case.options["dilation"][axis])
    given = case.options["output_padding"]
    changed = (bad,) * case.rank if _claim(probe).uniform else (*given[:axis], bad, *given[axis + 1 :])
    seen = probe.observe(options={"output_padding": changed})
    return must_refuse(
        seen, f"the call with output_padding={changed}", f"it must be in [0, max(stride, dilation)), not {bad}"
    )
