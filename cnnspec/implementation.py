"""What is being checked: functions found by name, what they claim, and what was seen when they were called.

A claim is what an implementation says it supports.  Laws are checked only inside the claims; what is not claimed is
reported as such and never counted as passed.  This module knows no framework and no harness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from cnnspec.operations import Operation, find, spelled_names

if TYPE_CHECKING:
    from cnnspec.typing import Array

PaddingClaim = Literal["none", "symmetric", "asymmetric", "negative"]
Style = Literal["canonical", "torch", "scalar"]

LIMITS = {
    "half_kernel_padding": "every pad is at most half the kernel (pooling in PyTorch)",
    "output_padding_below_stride": "output_padding is below the stride, whatever the dilation",
    "reflect_pads_below_extent": "reflect pads are below the extent: each element is repeated at most once",
    "circular_pads_within_extent": "circular and symmetric pads are at most the extent",
    "padding_below_kernel": "every pad is below the kernel (pooling in ONNX Runtime)",
    "negative_pads_only_constant": "negative pads go with the mode constant alone",
    "depthwise_or_one_group": "groups is 1 or the number of input channels",
    "stride_or_dilation": "stride and dilation are not both above 1",
    "one_stride": "the stride is the same on every axis",
    "square_kernel": "the kernel is the same on every axis",
    "square_input": "the input extent is the same on every axis",
    "padding_none_or_same": "pads are none or, at stride 1, those that keep the extent (same_upper)",
    "padding_none_or_same_upper": "pads are none, or those of same_upper at the case's stride (TensorFlow's SAME)",
}
"""Restrictions between options that implementations document, by name."""

PADDING_ORDER: tuple[PaddingClaim, ...] = ("none", "symmetric", "asymmetric", "negative")


@dataclass(frozen=True, slots=True)
class OperationClaims:
    """What one function claims.

    Attributes
    ----------
    options
        The options it takes; any other stays at its default.
    dtypes
        The dtypes it takes, by NumPy's names.
    padding
        ``none``, ``symmetric`` (lo = hi), ``asymmetric`` or ``negative``; each includes the ones before it.
    bias
        ``no``, ``optional`` or ``required``.
    style
        How options are handed over: ``canonical`` (tuples, pads as (lo, hi) pairs), ``torch`` (pads as one int per
        axis) or ``scalar`` (one int for all axes).
    uniform
        Whether options are the same on every axis (``scalar`` style implies it).
    choices
        Per option, the only values that are claimed, for example ``{"mode": ("constant", "reflect")}``.
    limits
        Restrictions between options, by name; see :data:`LIMITS`.
    numerics
        How sums are formed, where that differs from the default; see :mod:`cnnspec.numerics.arithmetic`.
    compiled
        Whether a call of shapes or options that were not there before is compiled, which takes far longer than it.
        Then several cases share one geometry, and further calls of another form are made for the first of them.
    """

    options: tuple[str, ...]
    dtypes: tuple[str, ...] = ("float64",)
    padding: PaddingClaim = "asymmetric"
    bias: Literal["no", "optional", "required"] = "optional"
    style: Style = "canonical"
    uniform: bool = False
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    numerics: Mapping[str, str] = field(default_factory=dict)
    compiled: bool = False

    def allows_padding(self, kind: PaddingClaim) -> bool:
        """Whether pads of this kind are inside the claim."""
        return PADDING_ORDER.index(kind) <= PADDING_ORDER.index(self.padding)

    def to_json(self) -> dict[str, Any]:
        """Plain data, for the worker's channel and the report."""
        return {
            "options": list(self.options), "dtypes": list(self.dtypes), "padding": self.padding, "bias": self.bias,
            "style": self.style, "uniform": self.uniform, "limits": list(self.limits),
            "choices": {name: list(values) for name, values in self.choices.items()},
            "numerics": dict(self.numerics), "compiled": self.compiled,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OperationClaims:
        """The inverse of :meth:`to_json`."""
        lists = {name: tuple(data[name]) for name in ("options", "dtypes", "limits")}
        choices = {name: tuple(values) for name, values in data["choices"].items()}
        return cls(**{**data, **lists, "choices": choices, "numerics": dict(data.get("numerics", {}))})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a target claims as a whole: its operations by spelled name (``conv2d``), and its dialects by flag."""

    operations: Mapping[str, OperationClaims]
    dialects: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "operations": {name: claim.to_json() for name, claim in self.operations.items()},
            "dialects": dict(self.dialects),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Claims:
        """The inverse of :meth:`to_json`."""
        operations = {name: OperationClaims.from_json(claim) for name, claim in data["operations"].items()}
        return cls(operations, dict(data["dialects"]))


@dataclass(frozen=True, slots=True)
class Implementation:
    """A target, loaded: its functions by spelled operation name, taking canonical arguments, and its claims."""

    name: str
    version: str
    functions: Mapping[str, Callable[..., Any]]
    claims: Claims
    notes: tuple[str, ...] = ()


OutcomeKind = Literal["returned", "raised", "unsupported", "malformed", "crashed", "timeout"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen beside the result: the evidence for the purity laws."""

    inputs_changed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    repeat_differs: bool | None = None
    repeat_reuses: bool = False
    earlier_changed: bool = False
    output: str = ""
    state_changed: tuple[str, ...] = ()
    result_type: str = "ndarray"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one call did: its results, or how it ended otherwise."""

    kind: OutcomeKind
    outputs: tuple[Array, ...] = ()
    category: str = ""
    message: str = ""
    facts: Facts = field(default_factory=Facts)


EVERY_FLOAT = ("float64", "float32", "float16", "bfloat16")
EVERY_INTEGER = ("int8", "uint8", "int16", "int32", "int64")
EVERY_COMPLEX = ("complex64", "complex128")
DIVIDES = (
    *("avg_pool", "lp_pool", "adaptive_avg_pool", "global_avg_pool"),
    *("avg_pool_input_grad", "adaptive_avg_pool_input_grad", "global_avg_pool_input_grad"),
)
"""Operations whose result on integers is a dialect: they divide or take roots."""


def every_dtype(operation: Operation) -> tuple[str, ...]:
    """Every dtype on which the operation is defined.

    Examples
    --------
    >>> every_dtype(find("avg_pool2d")[0])
    ('float64', 'float32', 'float16', 'bfloat16')
    """
    integers = () if operation.name in DIVIDES else EVERY_INTEGER
    complexes = EVERY_COMPLEX if operation.chapter == "signal" else ()
    return EVERY_FLOAT + integers + complexes


def full_claims(operation: Operation, **changes: Any) -> OperationClaims:
    """Everything the operation has: the claim of the reference itself, with ``changes``."""
    options = tuple(option.name for option in operation.options)
    bias: Literal["no", "optional"] = "optional" if "b" in operation.optional else "no"
    padding: PaddingClaim = "negative" if operation.chapter not in ("pooling", "pooling_gradients") else "asymmetric"
    whole = OperationClaims(options, dtypes=every_dtype(operation), bias=bias, padding=padding)
    return replace(whole, **changes)


def by_name(get: Callable[[str], Callable[..., Any] | None]) -> dict[str, Callable[..., Any]]:
    """Every function that ``get`` finds, by spelled operation name; an n-d ``conv`` serves every rank it lacks a
    name for.

    Examples
    --------
    >>> sorted(by_name({"conv": len, "relu": abs}.get))
    ['conv1d', 'conv2d', 'conv3d', 'relu']
    """
    found = {}
    for name in spelled_names():
        function = get(name) or get(find(name)[0].name)
        if callable(function):
            found[name] = function
    return found
