"""The table of operations: names, arguments, definition, reference and shape rule, tied together.

Everything that needs to know "what can be called, with which arguments" reads this table: cases, laws, adapters,
the command line and the docs.  A name carries its rank as PyTorch's do, ``conv2d``; the rank-free name ``conv``
names the operation in laws.

A case states the *forward geometry* alone.  What a gradient needs beyond it (the cotangent's shape, ``input_size``,
``kernel_size``) follows by rule, so a gradient case can never be inconsistent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from cnnspec import shapes
from cnnspec.errors import UsageError

if TYPE_CHECKING:
    from cnnspec.typing import Shape

OptionKind = Literal["per_axis", "pairs", "int", "bool", "word", "number"]
Role = Literal["data", "weight", "bias"]


@dataclass(frozen=True, slots=True)
class Option:
    """One keyword option: its name, kind and default.

    ``default`` is for one axis; ``None`` stands for "the kernel size", and ``...`` for "required".
    """

    name: str
    kind: OptionKind
    default: Any

    def default_for(self, rank: int, given: Mapping[str, Any]) -> Any:
        """The default in canonical form: a tuple with one entry per axis where the option is per axis."""
        if self.default is None:
            return given["kernel_size"]
        return (self.default,) * rank if self.kind in ("per_axis", "pairs") else self.default


@dataclass(frozen=True)
class Operation:
    """One operator: what it is called with, what it means, and what it returns.

    ``geometry`` names the arrays whose shapes a case states, ``arrays`` those that are passed, by position;
    the trailing ones named in ``optional`` may be left out.  ``derived`` options follow from the geometry.
    """

    pattern: str
    chapter: str
    geometry: tuple[str, ...]
    arrays: tuple[str, ...]
    options: tuple[Option, ...]
    shape: Callable[[Mapping[str, Shape], Mapping[str, Any]], Shape]
    output: Callable[[Mapping[str, Shape], Shape], Shape]
    optional: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    returns: tuple[str, ...] = ("y",)
    ranked: bool = True

    @property
    def name(self) -> str:
        """The rank-free name, as laws and reference functions use it."""
        return self.pattern.format("")

    def spelled(self, rank: int) -> str:
        """The name with its rank, ``conv2d``."""
        return self.pattern.format(f"{rank}d") if self.ranked else self.name

    @property
    def transposed(self) -> bool:
        """Whether it is the transposed convolution or one of its gradients: the weights' first axis is that of x."""
        return self.name.startswith("conv_transpose")

    @property
    def definition(self) -> Callable[..., Any]:
        """The literal meaning, from ``cnnspec.spec``."""
        return _function("spec", self.chapter, self.name)

    @property
    def reference(self) -> Callable[..., Any]:
        """The fast twin, from ``cnnspec.reference``."""
        return _function("reference", self.chapter, self.name)

    def option(self, name: str) -> Option:
        """The option of that name."""
        return next(option for option in self.options if option.name == name)

    def forward_shape(self, geometry: Mapping[str, Shape], options: Mapping[str, Any]) -> Shape:
        """The output shape of the forward operation; raises as the operation itself does."""
        return self.shape(geometry, options)

    def array_shapes(self, geometry: Mapping[str, Shape], options: Mapping[str, Any]) -> dict[str, Shape]:
        """The shape of every array that is passed, in order."""
        known = dict(geometry)
        if "grad_output" in self.arrays:
            known["grad_output"] = self.forward_shape(geometry, options)
        return {name: known[name] for name in self.arrays if name in known}

    def call_options(self, geometry: Mapping[str, Shape], options: Mapping[str, Any]) -> dict[str, Any]:
        """The options as they are passed, those derived from the geometry included."""
        sizes = {"input_size": geometry.get("x", ())[2:], "kernel_size": geometry.get("w", ())[2:]}
        return {**{name: sizes[name] for name in self.derived}, **options}

    def output_shape(self, geometry: Mapping[str, Shape], options: Mapping[str, Any]) -> Shape:
        """The shape of the first result."""
        return self.output(geometry, self.forward_shape(geometry, options))


def role(array: str) -> Role:
    """What part an array plays: ``data``, ``weight`` or ``bias``."""
    return {"w": "weight", "k": "weight", "b": "bias"}.get(array, "data")  # type: ignore[return-value]


@cache
def _function(package: str, chapter: str, name: str) -> Callable[..., Any]:
    module = import_module(f"cnnspec.{package}.{chapter}")
    function: Callable[..., Any] = getattr(module, name)
    return function


STRIDE = Option("stride", "per_axis", 1)
DILATION = Option("dilation", "per_axis", 1)
PADDING = Option("padding", "pairs", (0, 0))
GROUPS = Option("groups", "int", 1)
KERNEL = Option("kernel_size", "per_axis", ...)
POOL_STRIDE = Option("stride", "per_axis", None)
CEIL = Option("ceil_mode", "bool", False)
COUNT_PAD = Option("count_include_pad", "bool", True)
OUTPUT_SIZE = Option("output_size", "per_axis", ...)
SIGNAL_MODE = Option("mode", "word", "full")
CONV_OPTIONS = (STRIDE, PADDING, DILATION, GROUPS)
TRANSPOSE_OPTIONS = (STRIDE, PADDING, Option("output_padding", "per_axis", 0), DILATION, GROUPS)
MAX_OPTIONS = (KERNEL, POOL_STRIDE, PADDING, DILATION, CEIL)
AVG_OPTIONS = (KERNEL, POOL_STRIDE, PADDING, CEIL, COUNT_PAD)
PAD_OPTIONS = (Option("padding", "pairs", ...), Option("mode", "word", "constant"))


def _conv(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    return shapes.conv_shape(g["x"], g["w"], g.get("b"), **o)


def _conv_transpose(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    return shapes.conv_transpose_shape(g["x"], g["w"], g.get("b"), **o)


def _pool(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    words = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    return shapes.pool_shape(g["x"], **{word: o[word] for word in words if word in o})


def _adaptive(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    return shapes.adaptive_shape(g["x"], output_size=o["output_size"])


def _global(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    return (*g["x"][:2], *(1,) * len(shapes.spatial(g["x"])))


def _pad(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    return shapes.pad_shape(g["x"], padding=o["padding"], mode=o["mode"])


def _signal(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    return shapes.signal_shape(g["x"], g["k"], mode=o["mode"])


def _elementwise(g: Mapping[str, Shape], o: Mapping[str, Any]) -> Shape:
    return g["x"]


def _itself(g: Mapping[str, Shape], forward: Shape) -> Shape:
    return forward


def _like_x(g: Mapping[str, Shape], forward: Shape) -> Shape:
    return g["x"]


def _like_w(g: Mapping[str, Shape], forward: Shape) -> Shape:
    return g["w"]


def _channels(g: Mapping[str, Shape], forward: Shape) -> Shape:
    return forward[1:2]


X, XW, XWB, XK = ("x",), ("x", "w"), ("x", "w", "b"), ("x", "k")
G, GX, BIAS = ("grad_output",), ("grad_output", "x"), ("b",)

OPERATIONS: tuple[Operation, ...] = (
    Operation("conv{}", "convolution", XWB, XWB, CONV_OPTIONS, _conv, _itself, BIAS),
    Operation("conv_transpose{}", "transpose", XWB, XWB, TRANSPOSE_OPTIONS, _conv_transpose, _itself, BIAS),
    Operation(
        "conv{}_input_grad", "gradients", XW, ("grad_output", "w"), CONV_OPTIONS, _conv, _like_x, (), ("input_size",)
    ),
    Operation("conv{}_weight_grad", "gradients", XW, GX, CONV_OPTIONS, _conv, _like_w, (), ("kernel_size",)),
    Operation("conv_bias_grad", "gradients", X, G, (), _elementwise, _channels, ranked=False),
    Operation(
        "conv_transpose{}_input_grad", "transpose_gradients", XW, ("grad_output", "w"),
        TRANSPOSE_OPTIONS, _conv_transpose, _like_x, (), ("input_size",),
    ),
    Operation(
        "conv_transpose{}_weight_grad", "transpose_gradients", XW, GX,
        TRANSPOSE_OPTIONS, _conv_transpose, _like_w, (), ("kernel_size",),
    ),
    Operation("max_pool{}", "pooling", X, X, MAX_OPTIONS, _pool, _itself),
    Operation("max_pool{}_with_indices", "pooling", X, X, MAX_OPTIONS, _pool, _itself, returns=("values", "indices")),
    Operation("avg_pool{}", "pooling", X, X, AVG_OPTIONS, _pool, _itself),
    Operation(
        "lp_pool{}", "pooling", X, X, (KERNEL, POOL_STRIDE, PADDING, CEIL, Option("p", "number", 2)), _pool, _itself
    ),
    Operation("adaptive_max_pool{}", "adaptive_pooling", X, X, (OUTPUT_SIZE,), _adaptive, _itself),
    Operation("adaptive_avg_pool{}", "adaptive_pooling", X, X, (OUTPUT_SIZE,), _adaptive, _itself),
    Operation("global_max_pool", "adaptive_pooling", X, X, (), _global, _itself, ranked=False),
    Operation("global_avg_pool", "adaptive_pooling", X, X, (), _global, _itself, ranked=False),
    Operation("max_pool{}_input_grad", "pooling_gradients", X, GX, MAX_OPTIONS, _pool, _like_x),
    Operation("avg_pool{}_input_grad", "pooling_gradients", X, GX, AVG_OPTIONS, _pool, _like_x),
    Operation("adaptive_max_pool{}_input_grad", "pooling_gradients", X, GX, (OUTPUT_SIZE,), _adaptive, _like_x),
    Operation("adaptive_avg_pool{}_input_grad", "pooling_gradients", X, GX, (OUTPUT_SIZE,), _adaptive, _like_x),
    Operation("global_max_pool_input_grad", "pooling_gradients", X, GX, (), _global, _like_x, ranked=False),
    Operation("global_avg_pool_input_grad", "pooling_gradients", X, GX, (), _global, _like_x, ranked=False),
    Operation(
        "pad", "padding", X, X, (*PAD_OPTIONS, Option("value", "number", 0)), _pad, _itself, ranked=False
    ),
    Operation(
        "pad_input_grad", "padding", X, G, PAD_OPTIONS, _pad, _like_x, (), ("input_size",), ranked=False
    ),
    Operation("relu", "activation", X, X, (), _elementwise, _itself, ranked=False),
    Operation("relu_input_grad", "activation", X, GX, (), _elementwise, _like_x, ranked=False),
    Operation("convolve", "signal", XK, XK, (SIGNAL_MODE,), _signal, _itself, ranked=False),
    Operation("cross_correlate", "signal", XK, XK, (SIGNAL_MODE,), _signal, _itself, ranked=False),
)  # fmt: skip
"""Every operation that a target may offer, in the order in which a run visits them."""

BY_NAME = {operation.name: operation for operation in OPERATIONS}


@cache
def find(name: str) -> tuple[Operation, int | None]:
    """The operation that ``name`` means, and its rank where the name carries one.

    Raises
    ------
    UsageError
        If there is none of that name.

    Examples
    --------
    >>> operation, rank = find("conv2d_input_grad")
    >>> operation.name, rank
    ('conv_input_grad', 2)
    """
    match = re.search(r"([123])d(?=_|$)", name)
    plain = name[: match.start()] + name[match.end() :] if match else name
    operation = BY_NAME.get(plain)
    if operation is None or (match and not operation.ranked):
        known = ", ".join(op.spelled(2) for op in OPERATIONS)
        raise UsageError(f"no operation is called {name!r}; there are {known} (and 1d, 3d or no digit)")
    return operation, int(match.group(1)) if match else None


def spelled_names(ranks: tuple[int, ...] = (1, 2, 3)) -> list[str]:
    """Every name with its rank, in the order of the table."""
    return [name for op in OPERATIONS for name in ([op.spelled(r) for r in ranks] if op.ranked else [op.name])]
