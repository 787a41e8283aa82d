"""One call of an operation, as a fault sees it: its geometry, and the function in which the fault sits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.errors import CnnspecError
from cnnspec.geometry import Window
from cnnspec.implementation import DIVIDES
from cnnspec.operations import Operation
from cnnspec.reference.arithmetic import DTYPES

if TYPE_CHECKING:
    from cnnspec.typing import Array, Shape

FLOATS = ("float16", "bfloat16", "float32", "float64")

MALFORMED = (CnnspecError, AttributeError, IndexError, KeyError, TypeError, ValueError, ZeroDivisionError)
"""What reading the geometry of a malformed call may raise."""


@dataclass(frozen=True)
class Call:
    """One call: an operation, the shapes of its forward geometry, its options, and what was passed.

    Arrays and options are attributes too: ``call.x``, ``call.stride``.  Calling it calls the function in which the
    fault sits, with arguments changed: ``call(stride=(1, 1))``; an array changed to ``None`` is left out.

    Attributes
    ----------
    shapes
        The shapes of ``x``, ``w``, ``b``, ``k``, ``grad_output``, where the operation has them.
    options
        Every option in canonical form.
    arrays
        The arrays by name, in the order in which they are passed; empty where only the geometry is known.
    """

    operation: Operation
    shapes: Mapping[str, Shape]
    options: Mapping[str, Any]
    dtype: str
    arrays: Mapping[str, Array]
    function: Callable[..., Any]

    @classmethod
    def planned(cls, operation: Operation, shapes: Mapping[str, Shape], options: Mapping[str, Any], dtype: str) -> Call:
        """A call of which only the geometry is known."""
        complete = _complete(operation, shapes, options)
        return cls(operation, _forward(operation, shapes, complete), complete, dtype, {}, _nothing)

    @classmethod
    def made(
        cls, operation: Operation, function: Callable[..., Any], given: tuple[Any, ...], options: Mapping[str, Any]
    ) -> Call:
        """A call that is being made on these arrays."""
        named = zip(operation.arrays, given, strict=False)
        arrays = {name: np.asarray(array) for name, array in named if array is not None}
        complete = _complete(operation, {name: a.shape for name, a in arrays.items()}, options)
        shapes = _forward(operation, {name: a.shape for name, a in arrays.items()}, complete)
        return cls(operation, shapes, complete, next(iter(arrays.values())).dtype.name, arrays, function)

    def __call__(self, **changes: Any) -> Any:
        """What the function answers to the call with these arguments changed."""
        arrays = {**self.arrays, **{name: changes.pop(name) for name in self.operation.arrays if name in changes}}
        ordered = [arrays[name] for name in self.operation.arrays if arrays.get(name) is not None]
        return self.function(*ordered, **{**self.options, **changes})

    def copy(self, **changes: Any) -> Array:
        """The first result of the call as an array that may be written to."""
        result = self(**changes)
        return np.array(result[0] if isinstance(result, tuple) else result)

    def with_first(self, y: Array) -> Any:
        """``y`` as the result, beside the further results of the unchanged call where there are any."""
        return (y, *self()[1:]) if len(self.operation.returns) > 1 else y

    def __getattr__(self, name: str) -> Any:
        for source in ("arrays", "options"):
            if name in self.__dict__.get(source, ()):
                return self.__dict__[source][name]
        raise AttributeError(f"{self.__dict__.get('operation')} has no {name}")

    @property
    def op(self) -> str:
        """The rank-free name."""
        return self.operation.name

    @property
    def batch(self) -> int:
        """$N$."""
        return self.shapes["x"][0]

    @property
    def channels(self) -> int:
        """$C$."""
        return self.shapes["x"][1]

    @property
    def per_group(self) -> int:
        """The input channels of one group, $C/g$."""
        return self.channels // int(self.options["groups"])

    @property
    def out_channels(self) -> int:
        """$O$, of the forward layer."""
        w = self.shapes["w"]
        return int(self.options["groups"]) * w[1] if self.op.startswith("conv_transpose") else w[0]

    @property
    def out_per_group(self) -> int:
        """The output channels of one group, $O/g$."""
        return self.out_channels // int(self.options["groups"])

    @property
    def extents(self) -> Shape:
        """$n$, the spatial extents of the forward input; every extent at the signal level."""
        return self.shapes["x"] if self.operation.chapter == "signal" else self.shapes["x"][2:]

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.extents)

    @property
    def kernel(self) -> Shape:
        """$k$, the kernel's extents."""
        if "k" in self.shapes:
            return self.shapes["k"]
        return self.shapes["w"][2:] if "w" in self.shapes else tuple(self.options["kernel_size"])

    @cached_property
    def axes(self) -> tuple[Window, ...]:
        """One window per spatial axis."""
        ones = (1,) * self.rank
        parts = zip(self.kernel, self.options["stride"], self.options.get("dilation", ones), self.options["padding"],
                    strict=True)  # fmt: skip
        return tuple(Window(k, s, d, lo, hi) for k, s, d, (lo, hi) in parts)

    @cached_property
    def forward(self) -> Shape:
        """The shape of the forward output."""
        own = {option.name: self.options[option.name] for option in self.operation.options}
        return self.operation.forward_shape({a: s for a, s in self.shapes.items() if a != "grad_output"}, own)

    @property
    def counts(self) -> Shape:
        """$m$, the forward output extents."""
        return self.forward if self.operation.chapter == "signal" else self.forward[2:]

    @property
    def strided(self) -> bool:
        """Whether a stride is above 1."""
        return bool(max(self.options["stride"]) > 1)

    @property
    def dilated(self) -> bool:
        """Whether a dilation changes anything: it is above 1 on an axis with more than one tap."""
        return any(a.span > a.kernel for a in self.axes)

    @property
    def padded(self) -> bool:
        """Whether a pad is not 0."""
        return any(map(any, self.options["padding"]))

    @property
    def remainders(self) -> Shape:
        """The padded elements at the high end that no window reads."""
        return tuple(a.remainder(n) for a, n in zip(self.axes, self.extents, strict=True))

    @cached_property
    def valid(self) -> bool:
        """Whether the operation defines this call."""
        try:
            return (
                self._dtypes_fit() and self._gradient_fits() and self._windows_hold() and self.options.get("p", 1) >= 1
            )
        except MALFORMED:
            return False

    def _dtypes_fit(self) -> bool:
        if self.op in DIVIDES:
            known = self.dtype in FLOATS
        else:
            complex_too = not self.operation.chapter.startswith(("pooling", "activation"))
            known = self.dtype in DTYPES and (complex_too or not self.dtype.startswith("complex"))
        return known and all(a.dtype.name == self.dtype for a in self.arrays.values())

    def _gradient_fits(self) -> bool:
        return self.shapes.get("grad_output", self.forward) == self.forward

    def _windows_hold(self) -> bool:
        """Whether every pooling window holds a real tap."""
        if "kernel_size" not in self.options or "w" in self.shapes:
            return True
        return all(
            any(0 <= t < n for t in a.taps(i))
            for a, n, m in zip(self.axes, self.extents, self.counts, strict=True)
            for i in range(m)
        )

    def windows_as(
        self,
        *,
        stride: Shape | None = None,
        dilation: Shape | None = None,
        lo: Shape | None = None,
        counts: Shape | None = None,
    ) -> dict[str, Any]:
        """The options of a layer with other windows and as many of them as the right call has, or ``counts``.

        The high pads follow; where they come out negative they crop.
        """
        s, d = stride or self.options["stride"], dilation or self.options["dilation"]
        lows = lo or tuple(low for low, _ in self.options["padding"])
        spans = [(k - 1) * step + 1 for k, step in zip(self.kernel, d, strict=True)]
        ends = [(m - 1) * step + span for m, step, span in zip(counts or self.counts, s, spans, strict=True)]
        pads = tuple((low, end - low - n) for low, end, n in zip(lows, ends, self.extents, strict=True))
        return {"stride": tuple(s), "dilation": tuple(d), "padding": pads}


def _complete(operation: Operation, shapes: Mapping[str, Shape], options: Mapping[str, Any]) -> dict[str, Any]:
    """Every option, those left out at their defaults, those that follow from the geometry included."""
    extents = next(iter(shapes.values()), ())[2:]
    complete: dict[str, Any] = dict(options)
    for option in operation.options:
        if option.name not in complete:
            complete[option.name] = option.default_for(len(extents), complete)
    known = operation.call_options(shapes, {})
    return {**{name: size for name, size in known.items() if size}, **complete}


def _forward(operation: Operation, shapes: Mapping[str, Shape], options: Mapping[str, Any]) -> dict[str, Shape]:
    """The shapes with those of the forward arrays that a gradient does not take."""
    known, transposed = dict(shapes), operation.name.startswith("conv_transpose")
    if "x" not in known and "grad_output" in known:
        n, *own = known["grad_output"]
        channels = own[0] if "w" not in known else known["w"][0] if transposed else options["groups"] * known["w"][1]
        known["x"] = (n, channels, *options.get("input_size", own[1:]))
    if "kernel_size" in operation.derived and "w" not in known:
        reads, gives = known["x"][1], known["grad_output"][1]
        first, second = (reads, gives) if transposed else (gives, reads)
        known["w"] = (first, second // (options["groups"] or 1), *options["kernel_size"])
    return known


def _nothing(*arrays: Any, **options: Any) -> Any:
    raise TypeError("only the geometry of this call is known")
