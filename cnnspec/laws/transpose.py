"""The transposed convolution: the adjoint of the layer, with the same weight array."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import dtype_of
from cnnspec.cases.case import Case
from cnnspec.cases.fills import int_range, words
from cnnspec.laws.compare import equal, sizes_of
from cnnspec.laws.conditions import (
    exact_results,
    exact_sums,
    exact_values,
    exactly,
    integer_filled,
    nonempty,
    one_in,
    plain,
    reference,
    representable,
    shaped,
    wide,
    windows_of,
)
from cnnspec.laws.law import Failure, Probe, Vacuous, law
from cnnspec.numerics.precision import ACCUMULATOR
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Array, Shape

DUMOULIN = "Dumoulin and Visin 2016, 4; https://arxiv.org/abs/1603.07285"
ONNX = "ONNX Operators.md, ConvTranspose; https://onnx.ai/onnx/operators/onnx__ConvTranspose.html"
TORCH = "PyTorch, torch.nn.ConvTranspose2d; https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html"
EXAMPLE = (
    "conv_transpose1d:x=1x1x3,w=1x1x3,stride=2,f64,data.x=1_2_3,data.w=1_10_100",
    [[[1, 10, 102, 20, 203, 30, 300]]],
)


@law(
    "TRANS-1",
    title="every input element lays down its kernel",
    formula="$z[o, \\tau] = \\sum_{c,\\, s i + d j = \\tau} x[c,i]\\, w[c,o,j]$, $y[o,t] = b[o] + z[o, t + p_{lo}]$",
    source=DUMOULIN,
    operations=("conv_transpose",),
    lane="exact",
    applies=integer_filled,
    example=EXAMPLE,
    mutants=("transposed_kernel_flipped", "transposed_padding_pads_input", "transposed_groups_interleaved"),
)
def laid_kernels(probe: Probe) -> Failure | None:
    """Each element of x lays down its kernel, scaled by itself, s positions apart; copies add up, pads are cut off."""
    return exactly(probe, "the result is not the sum of the laid kernels")


@law(
    "TRANS-2",
    title="output padding only adds at the high end",
    formula="$y_{e}[t] = y_0[t]$ for $t < m$, $e$ elements more after that",
    source=TORCH,
    operations=("conv_transpose",),
    lane="metamorphic",
    applies=lambda case: any(case.options["output_padding"]) and integer_filled(case) and one_in(2, case),
    example=(
        "conv_transpose1d:x=1x1x3,w=1x1x3,stride=2,padding=1.1,output_padding=1,f64,data.x=1_2_3,data.w=1_10_100",
        [[[10, 102, 20, 203, 30, 300]]],
    ),
    mutants=("output_padding_at_low_end",),
    needs=("output_padding",),
)
def output_padding(probe: Probe) -> Failure | None:
    """With output_padding the result is longer at the high end of each axis, and is otherwise what it was."""
    exact_values(probe)
    bare = probe.call(options={"output_padding": (0,) * probe.case.rank}, description="output_padding=0")
    if bare.ndim != probe.got.ndim:
        raise Vacuous("the two results have another number of axes")
    common = probe.got[tuple(slice(m) for m in bare.shape)]
    return equal(bare, common, "without output_padding the common part is another")


def twin(case: Case) -> Case:
    """The convolution of which a transposed convolution is the adjoint: it reads what the other writes.

    Raises
    ------
    Vacuous
        If that convolution does not give back the extents of x.
    """
    y, w = case.output_shape, case.shapes["w"]
    options = {name: case.options[name] for name in ("stride", "padding", "dilation", "groups")}
    forward = Case.build(BY_NAME["conv"].spelled(case.rank), {"x": y, "w": w}, options, dtype=case.dtype)
    if not forward.valid or forward.output_shape != case.shapes["x"]:
        raise Vacuous("the convolution of that geometry does not give back the extents of x")
    return forward


def dot(a: Array, b: Array) -> Fraction:
    """$\\langle a, b \\rangle$, exactly.

    Examples
    --------
    >>> dot(np.array([1.0, 0.5]), np.array([4, 6]))
    Fraction(7, 1)
    """
    a, b = wide(a).ravel(), wide(b).ravel()
    if "c" in a.dtype.kind + b.dtype.kind or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise Vacuous("a result holds numbers that are not finite, or not real")
    if (a % 1).any() or (b % 1).any():
        return sum((Fraction(p) * Fraction(q) for p, q in zip(a.tolist(), b.tolist(), strict=True)), Fraction(0))
    sizes = [float(np.max(np.abs(v.astype(np.float64)), initial=0)) for v in (a, b)]
    largest = a.size * sizes[0] * sizes[1]
    kind: Any = np.int64 if largest < 2**62 else object
    return Fraction(int(np.dot(_whole(a, kind), _whole(b, kind))))


def _whole(a: Array, kind: Any) -> Array:
    """Integers held as floats, as 64-bit or as Python's integers."""
    return np.array([int(v) for v in a.tolist()], dtype=object) if kind is object else a.astype(np.int64)


def small_integers(name: str, shape: Shape, case: Case) -> Array:
    """Integers in [-3, 3] (up to 3 for unsigned dtypes) in the case's dtype, from its seed."""
    size = int(np.prod(shape, dtype=np.int64))
    lowest = 0 if case.dtype.startswith("u") else -3
    return int_range(words(name, size, case.seed), lowest, 3).reshape(shape).astype(dtype_of(case.dtype))


def own(**arrays: Array) -> str:
    """Arrays that a law drew itself, in words: their numbers, or their shape where there are many.

    Examples
    --------
    >>> own(w=np.array([[1, 2]]), x=np.zeros((5, 3)))
    'with w = [[1, 2]], x of 5x3 integers of its own'
    """
    parts = [
        f"{name} = {a.tolist()}" if a.size <= 12 else f"{name} of {'x'.join(map(str, a.shape))} integers of its own"
        for name, a in arrays.items()
    ]
    return f"with {', '.join(parts)}"


@law(
    "TRANS-3",
    title="the adjoint of the convolution with the same weights",
    formula="$\\langle W g, x \\rangle = \\langle g, W^{\\mathsf T} x \\rangle$, $W$ the convolution with $w$",
    source=DUMOULIN,
    operations=("conv_transpose",),
    lane="gradient",
    applies=lambda case: integer_filled(case) and nonempty(case) and case.dtype in ACCUMULATOR and one_in(2, case, 1),
    example=EXAMPLE,
    mutants=("transposed_kernel_flipped", "transposed_swaps_stride_and_dilation"),
)
def adjoint(probe: Probe) -> Failure | None:
    """Weigh the result with any g: it is the same as weighing x with the convolution of g, with the same weights."""
    exact_results(probe)
    case = probe.case
    forward = twin(case)
    arrays = {"x": small_integers("g", case.output_shape, case), "w": plain(probe.arrays["w"])}
    exact_results_of(probe, forward, arrays)
    y = probe.ask(forward, arrays, description="the convolution of g with the same weights")
    shaped(probe)
    if y.shape != case.shapes["x"]:
        raise Vacuous("the convolution has another shape")
    bare = wide(probe.got)
    if "b" in probe.arrays:
        bare = bare - wide(probe.arrays["b"]).reshape(-1, *(1,) * case.rank)
    left, right = dot(y, probe.arrays["x"]), dot(arrays["x"], bare)
    return same_products(left, right, "<conv(g, w), x>", "<g, conv_transpose(x, w)>", own(g=arrays["x"]))


def exact_results_of(probe: Probe, case: Case, arrays: dict[str, Array]) -> None:
    """Raise :class:`Vacuous` unless another call's sums and results are exact."""
    exact_sums(probe, case, arrays)
    representable(probe, reference(case, {name: sizes_of(a) for name, a in arrays.items()}))


def same_products(left: Fraction, right: Fraction, one: str, other: str, call: str = "") -> Failure | None:
    """A failure unless two scalar products are equal; ``call`` says of which further call."""
    if left == right:
        return None
    return Failure(f"{one} is {left} and {other} is {right}: they are not adjoint", call=call)


@law(
    "TRANS-4",
    title="the input gradient of the convolution",
    formula="$\\operatorname{conv}^{\\mathsf T}(g, w) = \\partial_x \\langle \\operatorname{conv}(x, w), g \\rangle$",
    source=DUMOULIN,
    operations=("conv_transpose",),
    lane="gradient",
    applies=lambda case: integer_filled(case) and "b" not in case.shapes and nonempty(case),
    example=EXAMPLE,
    mutants=("output_padding_is_zeros", "transposed_kernel_flipped"),
)
def input_gradient(probe: Probe) -> Failure | None:
    """The transposed convolution and the input gradient of the convolution with the same weights are one operation."""
    exact_values(probe)
    case = probe.case
    forward = twin(case)
    gradient = Case.build(
        BY_NAME["conv_input_grad"].spelled(case.rank), forward.shapes, forward.options, dtype=case.dtype
    )
    arrays: dict[str, Any] = {"grad_output": plain(probe.arrays["x"]), "w": plain(probe.arrays["w"])}
    got = probe.ask(gradient, arrays, description="the input gradient with x as the cotangent")
    return equal(got, probe.got, "the transposed convolution is not the input gradient of the convolution")


@law(
    "TRANS-5",
    title="a convolution of the stretched input",
    formula="$\\operatorname{conv}^{\\mathsf T}(x, w) = \\operatorname{conv}(\\uparrow_s x, R w)$ with pads $k'-1-p$",
    source=DUMOULIN,
    operations=("conv_transpose",),
    lane="metamorphic",
    applies=lambda case: integer_filled(case) and nonempty(case) and one_in(2, case),
    example=EXAMPLE,
    mutants=("transposed_kernel_flipped", "transposed_padding_pads_input", "output_padding_is_zeros"),
)
def stretched(probe: Probe) -> Failure | None:
    """Put s - 1 zeros between the elements of x, turn the kernel by 180 degrees, and convolve: it is the same."""
    exact_values(probe)
    case = probe.case
    x, w, o = probe.arrays["x"], probe.arrays["w"], case.options
    axes, extra = windows_of(case), o["output_padding"]
    extents = [(n - 1) * a.stride + 1 for n, a in zip(x.shape[2:], axes, strict=True)]
    spread = np.zeros((*x.shape[:2], *extents), x.dtype)
    spread[:, :, *(slice(None, None, a.stride) for a in axes)] = x
    pads = [(a.span - 1 - a.lo, a.span - 1 - a.hi + e) for a, e in zip(axes, extra, strict=True)]
    if any(max(-lo, 0) + max(-hi, 0) > n for n, (lo, hi) in zip(extents, pads, strict=True)):
        raise Vacuous("the pads cut away more than the stretched input")
    cut = [slice(max(-lo, 0), n - max(-hi, 0)) for n, (lo, hi) in zip(extents, pads, strict=True)]
    grown = tuple((max(lo, 0), max(hi, 0)) for lo, hi in pads)
    arrays = {"x": plain(spread[:, :, *cut]), "w": turned(w, o["groups"])}
    if "b" in probe.arrays:
        arrays["b"] = plain(probe.arrays["b"])
    forward = Case.build(
        BY_NAME["conv"].spelled(case.rank),
        {name: a.shape for name, a in arrays.items()},
        {"padding": grown, "dilation": o["dilation"], "groups": o["groups"]},
        dtype=case.dtype,
    )
    if not forward.valid:
        raise Vacuous("the pads cut away more than the stretched input")
    got = probe.ask(forward, arrays, description="x stretched by zeros, the kernel turned, stride 1")
    return equal(got, probe.got, "the result is not the convolution of the stretched input with the turned kernel")


def turned(w: Array, groups: int) -> Array:
    """Weights $(C, O/g, *k)$ reversed in space, with channels as a convolution has them: $(O, C/g, *k)$."""
    blocks = w.reshape(groups, w.shape[0] // groups, *w.shape[1:])
    swapped = np.swapaxes(blocks, 1, 2).reshape(groups * w.shape[1], w.shape[0] // groups, *w.shape[2:])
    return plain(np.flip(swapped, tuple(range(2, w.ndim))))
