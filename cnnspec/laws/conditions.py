"""When a law can tell: which cases hold integers, which sums are exact, which algorithm was declared.

An exact law allows no error at all.  It may do so only where every partial sum is exact, in whatever order an
implementation adds, and that depends on the numbers themselves: it is checked on each case, never assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, prod
from typing import TYPE_CHECKING

import numpy as np

from cnnspec.cases.fills import INTEGER_FILLS, split
from cnnspec.geometry import Window
from cnnspec.laws.arithmetic import arithmetic_of, imprecise, mixes_windows, rounds_before_bias
from cnnspec.laws.compare import differs, equal, rounded, sizes_of, within
from cnnspec.laws.law import Failure, Probe, Vacuous
from cnnspec.numerics.bounds import mean, norm
from cnnspec.numerics.precision import ACCUMULATOR, exact_limit, format_of
from cnnspec.numerics.rounding import round_to

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array

MEANS = ("avg_pool", "adaptive_avg_pool", "global_avg_pool")
ROUNDED = ("lp_pool", *MEANS)
"""Operations whose result is rounded even where every sum is exact."""

POOLS = ("max_pool", "adaptive_max_pool", "global_max_pool", "lp_pool", *MEANS)
COARSE = 2**-4
"""Relative error of what is judged to the last digit by another law: a value that is far off still shows."""

FLOATS = ("float64", "float32", "float16", "bfloat16")


def integer_filled(case: Case) -> bool:
    """Whether every element is an integer, by the fill and the single values."""
    texts = [text for values in case.data.values() for text in values]
    texts += [text for pokes in case.pokes.values() for _, text in pokes]
    plain = all(text.lstrip("-").isdigit() for text in texts)
    covered = set(case.data) >= set(case.array_shapes)
    return plain and (covered or split(case.fill)[0] in INTEGER_FILLS)


def finite(case: Case) -> bool:
    """Whether every element is finite."""
    return not (pokes_any(case, "nan") or pokes_any(case, "inf"))


def pokes_any(case: Case, word: str) -> bool:
    """Whether an element was set to ``word`` (``nan`` or ``inf``), of either sign."""
    texts = [text for values in case.data.values() for text in values]
    texts += [text for pokes in case.pokes.values() for _, text in pokes]
    return word in {text.lstrip("-") for text in texts}


def nonempty(case: Case) -> bool:
    """Whether every array of the case holds an element."""
    return all(prod(shape) > 0 for shape in case.array_shapes.values())


def shaped(probe: Probe) -> None:
    """Raise :class:`Vacuous` unless the result has the right shape; SHAPE-3 says what is wrong with another one."""
    if probe.got.shape != probe.case.output_shape:
        raise Vacuous("the result has another shape")


def exact_values(probe: Probe) -> None:
    """Raise :class:`Vacuous` unless every partial sum of this case is exact, in the arithmetic that is claimed."""
    _exact_operands(probe, probe.arrays)
    exact_up_to(probe, probe.magnitude)
    if rounds_before_bias(probe):
        representable(probe, probe.magnitude)


def exact_sums(probe: Probe, case: Case, arrays: Mapping[str, Array]) -> None:
    """Raise :class:`Vacuous` unless every partial sum of another ``case`` on these arrays is exact."""
    _exact_operands(probe, arrays)
    if case.dtype in ACCUMULATOR or not _wraps(probe):
        magnitude = reference(case, {name: sizes_of(a) for name, a in arrays.items()})
        exact_up_to(probe, magnitude)
        if rounds_before_bias(probe):
            representable(probe, magnitude)


def exact_results(probe: Probe) -> None:
    """Raise :class:`Vacuous` unless the results of this case are exact too, so that they may be added and compared."""
    exact_values(probe)
    representable(probe, probe.magnitude)


def exact_up_to(probe: Probe, magnitude: Array, limit: int | None = None) -> None:
    """Raise :class:`Vacuous` unless sums of integers of this magnitude are exact in the target's accumulator."""
    if mixes_windows(probe):
        raise Vacuous("a transform algorithm, declared or detected, rounds integers too")
    dtype = probe.case.dtype
    if dtype in ACCUMULATOR and magnitude.size:
        largest = float(np.max(magnitude))
        if not largest <= min(exact_limit(dtype, arithmetic_of(probe).accumulator.name), limit or inf):
            raise Vacuous(f"{'results' if limit else 'sums'} up to {largest:g} are not exact in {dtype}")
    elif not _wraps(probe) and magnitude.size and float(np.max(magnitude)) > np.iinfo(dtype).max:
        raise Vacuous(f"sums beyond {dtype} end as the target declares")


def _wraps(probe: Probe) -> bool:
    """Whether integer sums are taken modulo $2^w$."""
    return probe.dialect("num.int", "wrap") == "wrap"


def representable(probe: Probe, magnitude: Array) -> None:
    """Raise :class:`Vacuous` unless integers up to this magnitude are all numbers of the case's dtype too."""
    dtype = probe.case.dtype
    exact_up_to(probe, magnitude, 2 ** format_of(dtype).significand if dtype in ACCUMULATOR else None)


def usable(probe: Probe, magnitude: Array) -> None:
    """Raise :class:`Vacuous` unless integers up to this magnitude may be results, and operands of a further call."""
    representable(probe, magnitude)
    _exact_operands(probe, {"result": magnitude})


def kept(probe: Probe, a: Array) -> None:
    """Raise :class:`Vacuous` unless the format to which operands are declared to be rounded has each of these."""
    operands = arithmetic_of(probe).operands if probe.case.dtype in ACCUMULATOR else None
    if operands is not None and any(differs(wide(p), round_to(p, operands.name)).any() for p in (a.real, a.imag)):
        raise Vacuous(f"operands are rounded to {operands.name}, which does not hold them")


def _exact_operands(probe: Probe, arrays: Mapping[str, Array]) -> None:
    if probe.case.dtype not in ACCUMULATOR:
        return
    operands = arithmetic_of(probe).operands
    if operands is not None:
        held = 2**operands.significand
        if any(float(np.max(sizes_of(a), initial=0)) > held for a in arrays.values()):
            raise Vacuous(f"operands above {held} are not exact in {operands.name}, to which they are rounded")


def reference(case: Case, arrays: Mapping[str, Array]) -> Array:
    """The reference's first result for ``case`` on these arrays, as they are."""
    with np.errstate(all="ignore"):
        result = case.operation.reference(*arrays.values(), **case.call_options)
    first: Array = result[0] if isinstance(result, tuple) else result
    return first


def wide(a: Array) -> Array:
    """Floats as float64; integers and 128-bit complex as they are."""
    if a.dtype.kind in "iu":
        return a
    return a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)


def digits(dtype: str) -> int:
    """The binary digits of the largest integer up to which every integer is a number of this real dtype."""
    return format_of(dtype).significand if dtype in FLOATS else np.iinfo(dtype).bits - (dtype[0] != "u")


def direct(probe: Probe) -> None:
    """Raise :class:`Vacuous` where the target declares an algorithm that mixes windows, such as an FFT."""
    algorithm = probe.dialect("num.algorithm", "direct")
    if algorithm != "direct":
        raise Vacuous(f"a declared {algorithm} algorithm mixes windows")


def plain_norm(probe: Probe) -> None:
    """Raise :class:`Vacuous` where the target declares an Lp pooling that is another operation on this case."""
    case = probe.case
    if case.operation.name != "lp_pool":
        return
    if probe.dialect("pool.lp.abs", "yes") == "no" and case.options["p"] % 2:
        raise Vacuous("without absolute values an odd power is another operation")
    if probe.dialect("pool.lp.partial", "sum") != "sum" and case.options["ceil_mode"]:
        raise Vacuous("the target scales windows that overhang")


def plain(a: Array) -> Array:
    """A copy in C order: a law about values does not test memory layouts on the way."""
    return np.array(a, order="C")


def exactly(probe: Probe, message: str) -> Failure | None:
    """A failure unless the result is the reference's, element by element, on values whose sums are exact; within its
    bound where a transform algorithm is declared or was detected.
    """
    if mixes_windows(probe):
        return imprecise(probe)
    exact_values(probe)
    return equal(rounded(probe.expected[0], probe.got), probe.got, message)


def agree(probe: Probe, expected: Array, got: Array, message: str) -> Failure | None:
    """A failure unless two results of the target that stand for the same numbers agree.

    They agree exactly, but for means and norms: those round more than once, and two code paths may round differently.
    Each of the two then lies within the bound of the same exact value, hence within twice the bound of the other.
    """
    case = probe.case
    if case.operation.name in MEANS:
        largest = np.max(sizes_of(probe.arrays["x"]), initial=0)
        bound = mean(largest, largest, terms_of_pool(case), arithmetic_of(probe))
    elif case.operation.name == "lp_pool" and expected.shape == got.shape:
        plain_norm(probe)
        larger = np.maximum(sizes_of(expected), sizes_of(got))
        bound = norm(larger, terms_of_pool(case), arithmetic_of(probe), case.options["p"])
    else:
        return equal(expected, got, message)
    return within(wide(expected), got, np.broadcast_to(2 * bound, got.shape), message)


def rounding(probe: Probe) -> Array | None:
    """How far a mean or norm may lie from the exact value, per element; ``None`` where nothing is rounded."""
    case = probe.case
    if case.operation.name in MEANS:
        return mean(probe.expected[0], probe.magnitude, terms_of_pool(case), arithmetic_of(probe))
    if case.operation.name == "lp_pool":
        return norm(probe.expected[0], terms_of_pool(case), arithmetic_of(probe), case.options["p"])
    return None


def terms_of_pool(case: Case) -> int:
    """The largest number of elements that one window of this pooling holds."""
    extents = case.shapes["x"][2:]
    if "kernel_size" in case.options:
        return prod(case.options["kernel_size"])
    if "output_size" in case.options:
        return prod(n // m + 2 for n, m in zip(extents, case.options["output_size"], strict=True))
    return prod(extents)


def part(probe: Probe, *index: int) -> Array:
    """The part of the result at the leading indices, as a result of batch (and channel) 1.

    Raises
    ------
    Vacuous
        If the result has no such part.
    """
    if any(i >= n for i, n in zip(index, probe.got.shape, strict=False)) or len(index) > probe.got.ndim:
        raise Vacuous("the result lacks that part")
    piece: Array = probe.got[tuple(slice(i, i + 1) for i in index)]
    return piece


def one_in(count: int, case: Case, of: int = 0) -> bool:
    """Whether the seed picks this case, as it does for one in ``count``: a further call costs time."""
    return (case.seed // 2 + of) % count == 0


def windows_of(case: Case) -> tuple[Window, ...]:
    """The window of every spatial axis of a convolution or pooling."""
    o = case.options
    kernels = o["kernel_size"] if "kernel_size" in o else case.shapes["w"][2:]
    dilations = o.get("dilation", (1,) * case.rank)
    axes = zip(kernels, o["stride"], dilations, o["padding"], strict=True)
    return tuple(Window(k, s, d, lo, hi) for k, s, d, (lo, hi) in axes)


def all_real(case: Case) -> bool:
    """Whether every window of a convolution or pooling reads at least one element of the input."""
    axes = zip(windows_of(case), case.shapes["x"][2:], strict=True)
    ceil_mode = case.options.get("ceil_mode", False)
    return all(
        any(0 <= t < n for t in axis.taps(i)) for axis, n in axes for i in range(axis.count(n, ceil_mode=ceil_mode))
    )
