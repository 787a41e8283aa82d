"""Whether a case lies inside a target's claims, and if not, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnspec.cases.case import Case
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
    """Whether the case keeps the named restriction of :data:`cnnspec.implementation.LIMITS`."""
    o, extents = case.options, case.shapes["x"][2:]
    pads = o.get("padding", ())
    if name == "half_kernel_padding":
        return all(2 * max(pair) <= k for pair, k in zip(pads, o["kernel_size"], strict=True))
    if name == "padding_below_kernel":
        return all(max(pair) < k for pair, k in zip(pads, o["kernel_size"], strict=True))
    if name == "negative_pads_only_constant":
        return o["mode"] == "constant" or padding_kind(pads) != "negative"
    if name == "output_padding_below_stride":
        return all(e < s for e, s in zip(o["output_padding"], o["stride"], strict=True))
    if name == "reflect_pads_below_extent":
        return o["mode"] != "reflect" or all(max(pair) < n for pair, n in zip(pads, extents, strict=True))
    if name == "circular_pads_within_extent":
        wraps = o["mode"] in ("circular", "symmetric")
        return not wraps or all(max(pair) <= n for pair, n in zip(pads, extents, strict=True))
    if name == "depthwise_or_one_group":
        return bool(o["groups"] in (1, case.shapes["x"][1]))
    if name == "stride_or_dilation":
        return bool(max(o["stride"]) == 1 or max(o["dilation"]) == 1)
    raise KeyError(name)
