"""The case: one fully determined call, and the one line of text that says it.

The text form is the test id, the replay argument, the database key and the name of the vector::

    conv2d:x=2x4x7x5,w=6x2x3x2,b,stride=2x1,padding=1.0_0.2,dilation=1x2,groups=2,f32,ints:8,seed=7

It round-trips, needs no quoting in a shell, and leaves defaults out.  After the colon, in this order:

- the shape of each array of the forward geometry (``x=2x4x7x5``; a bias is just ``b``),
- options: ints per axis joined by ``x``, pads as ``lo.hi`` joined by ``_``, booleans as 0 or 1,
- the dtype in short, the fill (see :mod:`cnnspec.cases.fills`), the seed,
- ``layout.x=rev``: the memory layout of one array (see :mod:`cnnspec.cases.layouts`),
- ``data.x=1_0_-2``: the values of one array, in row-major order, repeated when there are too few,
- ``set.x=17.nan_20.inf``: single elements put over the fill, by flat index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnnspec.errors import CaseError, CnnspecError, UsageError
from cnnspec.operations import Operation, Option, find

if TYPE_CHECKING:
    from cnnspec.typing import Shape

DTYPES = {
    "f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16",
    "i8": "int8", "u8": "uint8", "i16": "int16", "i32": "int32", "i64": "int64",
    "c64": "complex64", "c128": "complex128",
}  # fmt: skip
SHORT = {long: short for short, long in DTYPES.items()}


@dataclass(frozen=True)
class Case:
    """One call: operation, forward geometry, options, dtype, fill, seed, layouts and single values.

    ``options`` holds every option of the operation in canonical form; :meth:`build` completes them.

    Examples
    --------
    >>> case = Case.parse("conv2d:x=1x1x3x3,w=1x1x2x2,stride=2x1,f64,ints:3")
    >>> case.options["stride"], case.options["padding"], str(case)
    ((2, 1), ((0, 0), (0, 0)), 'conv2d:x=1x1x3x3,w=1x1x2x2,stride=2x1,f64,ints:3')
    """

    op: str
    shapes: Mapping[str, Shape]
    options: Mapping[str, Any]
    dtype: str = "float64"
    fill: str = "ints:8"
    seed: int = 0
    layouts: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pokes: Mapping[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)

    @classmethod
    def build(cls, op: str, shapes: Mapping[str, Shape], options: Mapping[str, Any] | None = None, **rest: Any) -> Case:
        """A case from what differs from the defaults.

        Raises
        ------
        CaseError
            If the operation has no such array or option, or an option is missing.
        """
        operation, rank = _find(op)
        given = dict(options or {})
        rank = rank if rank is not None else max(len(shapes["x"]) - 2, 0)
        complete: dict[str, Any] = {}
        for option in operation.options:
            value = given.pop(option.name) if option.name in given else option.default_for(rank, complete)
            if value is ... or (isinstance(value, tuple) and ... in value):
                raise CaseError(f"{op} needs the option {option.name!r}")
            complete[option.name] = value
        if given or not set(shapes) <= set(operation.geometry):
            unknown = [*given, *(set(shapes) - set(operation.geometry))]
            raise CaseError(f"{op} has no {', '.join(map(repr, unknown))}; it has {operation.geometry} and "
                            f"{tuple(option.name for option in operation.options)}")  # fmt: skip
        return cls(op, dict(shapes), complete, **rest)

    @classmethod
    def parse(cls, text: str) -> Case:
        """The case that ``text`` says.

        Raises
        ------
        CaseError
            If the text cannot be read; the message names the part.
        """
        from cnnspec.cases.text import parse_case

        return parse_case(text)

    def __str__(self) -> str:
        from cnnspec.cases.text import format_case

        return format_case(self)

    def __hash__(self) -> int:
        return hash(str(self))

    @cached_property
    def operation(self) -> Operation:
        """The row of the operations table."""
        return find(self.op)[0]

    @property
    def form(self) -> tuple[Any, ...]:
        """All but the numbers and where they lie: two cases of one form are one call to whoever compiles calls."""
        return self.op, dict(self.shapes), dict(self.options), self.dtype

    @property
    def rank(self) -> int:
        """The number of spatial axes (of all axes at the signal level)."""
        return len(self.shapes["x"]) - (0 if self.operation.chapter == "signal" else 2)

    @cached_property
    def array_shapes(self) -> dict[str, Shape]:
        """The shape of every array that is passed, in order."""
        return self.operation.array_shapes(self.shapes, self.options)

    @cached_property
    def call_options(self) -> dict[str, Any]:
        """The options as they are passed, in canonical form."""
        return self.operation.call_options(self.shapes, self.options)

    @cached_property
    def output_shape(self) -> Shape:
        """The shape of the first result."""
        return self.operation.output_shape(self.shapes, self.options)

    @property
    def valid(self) -> bool:
        """Whether the operation defines this call."""
        try:
            shape = self.output_shape
        except CnnspecError:
            return False
        return min(shape, default=1) >= 0

    def with_options(self, **changes: Any) -> Case:
        """This case with other options."""
        return replace(self, options={**self.options, **changes})

    def with_shapes(self, **changes: Shape) -> Case:
        """This case with other array shapes."""
        return replace(self, shapes={**self.shapes, **changes})


UNDER_WAY: ContextVar[str] = ContextVar("UNDER_WAY", default="")
"""The text of the case whose call is under way, for a target that passes it on; empty for a call without one."""


def _find(op: str) -> tuple[Operation, int | None]:
    try:
        return find(op)
    except UsageError as error:
        raise CaseError(str(error)) from None


def option_text(option: Option, value: Any) -> str:
    """One option's value, as a case says it."""
    if option.kind == "per_axis":
        return "x".join(map(str, value))
    if option.kind == "pairs":
        return "_".join(f"{lo}.{hi}" for lo, hi in value)
    if option.kind == "bool":
        return str(int(value))
    return str(value)


def option_value(option: Option, text: str) -> Any:
    """The inverse of :func:`option_text`."""
    if option.kind == "per_axis":
        return tuple(int(item) for item in text.split("x"))
    if option.kind == "pairs":
        return tuple(_pair(item) for item in text.split("_"))
    if option.kind == "bool":
        return {"0": False, "1": True}[text]
    if option.kind == "int":
        return int(text)
    if option.kind == "number":
        return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
    return text


def _pair(text: str) -> tuple[int, int]:
    lo, hi = text.split(".")
    return int(lo), int(hi)
