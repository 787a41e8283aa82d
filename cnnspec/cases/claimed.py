"""Whether a case lies inside a target's claims, and if not, why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cnnspec.cases.case import Case
from cnnspec.geometry import same_pads
from cnnspec.implementation import LIMITS, Claims, OperationClaims, PaddingClaim

if TYPE_CHECKING:
    from cnnspec.typing import Pads


def padding_kind(pads: Pads) -> PaddingClaim:
    """The narrowest padding claim that holds these pads.

    Examples
    --------
    >>> padding_kind(((1, 1), (0, 2)))
    'asymmetric'
    """
    if any(p < 0 for pair in pads for p in pair):
        return "negative"
    if any(lo != hi for lo, hi in pads):
        return "asymmetric"
    return "symmetric" if any(lo for lo, _ in pads) else "none"


def outside(case: Case, claims: Claims) -> str:
    """Why the case is not claimed; an empty string where it is.

    Examples
    --------
    >>> from cnnspec.implementation import OperationClaims
    >>> claims = Claims({"relu": OperationClaims((), dtypes=("float64",))})
    >>> outside(Case.parse("relu:x=1x1x3,f32"), claims)
    'relu: dtype float32 is not claimed'
    """
    claim = claims.operations.get(case.op)
    if claim is None:
        return f"{case.op} is not claimed"
    for reason in (_dtype(case, claim), _bias(case, claim), _options(case, claim), _limits(case, claim)):
        if reason:
            return f"{case.op}: {reason}"
    return ""


def inside(cases: Iterable[Case], claim: OperationClaims) -> list[Case]:
    """Those of some cases of one operation that have a result and are claimed.

    Examples
    --------
    >>> from cnnspec.implementation import OperationClaims
    >>> claim = OperationClaims((), dtypes=("float64",))
    >>> [case.dtype for case in inside(map(Case.parse, ("relu:x=1x1x3,f32", "relu:x=1x1x3,f64")), claim)]
    ['float64']
    """
    return [case for case in cases if case.valid and not outside(case, Claims({case.op: claim}))]


def usual_dtype(claim: OperationClaims) -> str:
    """The dtype of cases that are about geometry: float32, where that is claimed."""
    return "float32" if "float32" in claim.dtypes else claim.dtypes[0]


def _dtype(case: Case, claim: OperationClaims) -> str:
    return "" if case.dtype in claim.dtypes else f"dtype {case.dtype} is not claimed"


def _bias(case: Case, claim: OperationClaims) -> str:
    if "b" in case.shapes and claim.bias == "no":
        return "a bias is not claimed"
    if "b" in case.operation.optional and "b" not in case.shapes and claim.bias == "required":
        return "a call without bias is not claimed"
    return ""


def _options(case: Case, claim: OperationClaims) -> str:
    complete: dict[str, Any] = {}
    for option in case.operation.options:
        value = complete[option.name] = case.options[option.name]
        default = option.default_for(case.rank, complete)
        required = default is ... or (isinstance(default, tuple) and ... in default)
        if option.name not in claim.options and not required and value != default:
            return f"{option.name} is not claimed"
        if option.name in claim.choices and value not in claim.choices[option.name]:
            return f"{option.name}={value} is not claimed"
        if option.kind == "pairs" and not claim.allows_padding(padding_kind(value)):
            return f"{padding_kind(value)} padding is not claimed"
        if claim.uniform and isinstance(value, tuple) and len(set(value)) > 1:
            return f"{option.name} that differs between axes is not claimed"
    if claim.uniform and len(set(case.call_options.get("kernel_size", ()))) > 1 and "w" not in case.shapes:
        return "kernel_size that differs between axes is not claimed"
    return ""


def _limits(case: Case, claim: OperationClaims) -> str:
    return next((LIMITS[name] for name in claim.limits if not within_limit(case, name)), "")


def within_limit(case: Case, name: str) -> bool:
    """Whether the case keeps the named restriction of :data:`cnnspec.implementation.LIMITS`.

    Of an operation without the options that a restriction speaks of it says nothing.

    Examples
    --------
    >>> within_limit(Case.parse("conv2d:x=1x1x5x5,w=1x1x3x2,f64"), "square_kernel")
    False
    """
    speaks_of, keeps = RESTRICTIONS[name]
    if case.operation.chapter == "signal" or not set(speaks_of) <= set(case.options):
        return True
    return keeps(case)


def _each(*names: str) -> Callable[[Callable[..., bool]], Callable[[Case], bool]]:
    """A restriction on every axis by itself, of these options."""

    def of(keeps: Callable[..., bool]) -> Callable[[Case], bool]:
        return lambda case: all(keeps(*values) for values in zip(*(_per_axis(case, n) for n in names), strict=True))

    return of


def _per_axis(case: Case, name: str) -> Any:
    if name == "extent":
        return case.shapes["x"][2:]
    if name == "kernel_size" and "w" in case.shapes:
        return case.shapes["w"][2:]
    return case.options[name]


def _alike(name: str) -> Callable[[Case], bool]:
    return lambda case: len(set(_per_axis(case, name))) < 2


def _none_or_same(case: Case) -> bool:
    """Whether nothing is padded, or every axis as ``same_upper`` says and the window moves by one."""
    return _none_or_same_upper(case) and (set(case.options["stride"]) == {1} or not _padded(case))


def _none_or_same_upper(case: Case) -> bool:
    """Whether nothing is padded, or every axis as ``same_upper`` says."""
    o = case.options
    dilation = o.get("dilation", (1,) * case.rank)
    axes = zip(case.shapes["x"][2:], _per_axis(case, "kernel_size"), o["stride"], dilation, strict=True)
    return not _padded(case) or o["padding"] == tuple(same_pads(n, k, s, d) for n, k, s, d in axes)


def _padded(case: Case) -> bool:
    return any(any(pair) for pair in case.options["padding"])


def _below(mode: str, most: Callable[[int], int]) -> Callable[[Case], bool]:
    """A restriction on the pads of some modes."""
    keeps = _each("padding", "extent")(lambda pair, n: max(pair) <= most(n))
    return lambda case: case.options["mode"] not in mode.split() or keeps(case)


RESTRICTIONS: dict[str, tuple[tuple[str, ...], Callable[[Case], bool]]] = {
    "half_kernel_padding": (
        ("padding", "kernel_size"), _each("padding", "kernel_size")(lambda pair, k: 2 * max(pair) <= k),
    ),
    "padding_below_kernel": (
        ("padding", "kernel_size"), _each("padding", "kernel_size")(lambda pair, k: max(pair) < k),
    ),
    "negative_pads_only_constant": (
        ("padding", "mode"),
        lambda case: case.options["mode"] == "constant" or padding_kind(case.options["padding"]) != "negative",
    ),
    "output_padding_below_stride": (
        ("output_padding", "stride"), _each("output_padding", "stride")(lambda e, s: e < s),
    ),
    "reflect_pads_below_extent": (("padding", "mode"), _below("reflect", lambda n: n - 1)),
    "circular_pads_within_extent": (("padding", "mode"), _below("circular symmetric", lambda n: n)),
    "depthwise_or_one_group": (("groups",), lambda case: case.options["groups"] in (1, case.shapes["x"][1])),
    "stride_or_dilation": (
        ("stride", "dilation"), lambda case: max(case.options["stride"]) == 1 or max(case.options["dilation"]) == 1,
    ),
    "one_stride": (("stride",), _alike("stride")),
    "square_kernel": (("stride",), _alike("kernel_size")),
    "square_input": (("stride",), _alike("extent")),
    "padding_none_or_same": (("padding", "stride"), _none_or_same),
    "padding_none_or_same_upper": (("padding", "stride"), _none_or_same_upper),
}  # fmt: skip
"""The options that a restriction speaks of, and whether a case keeps it."""
