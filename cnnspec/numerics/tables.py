"""Layer tables: the convolution layers of well-known networks at their real sizes, as data.

A table is a JSON file: ``name``, ``title``, ``source``, ``input`` (channels and extents), and ``layers``, each with
``name``, ``operation`` (``conv`` or ``conv_transpose``), ``channels`` (in, out), ``extents``, ``kernel``, and where
they are not the defaults ``stride``, ``padding``, ``dilation``, ``groups``, ``bias`` and ``count``, how often
it occurs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec.errors import UsageError

if TYPE_CHECKING:
    from cnnspec.typing import Shape

TABLES = ("resnet50", "vgg16", "mobilenetv2", "convnext", "unet3d")
"""The tables that come with the package."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a network, without its batch."""

    name: str
    operation: str
    channels: tuple[int, int]
    extents: Shape
    kernel: Shape
    stride: Shape
    padding: tuple[tuple[int, int], ...]
    dilation: Shape
    groups: int = 1
    bias: bool = False
    count: int = 1

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.extents)

    @property
    def options(self) -> dict[str, Any]:
        """The options of a call."""
        return {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    @property
    def weight_shape(self) -> Shape:
        """$(O, C/g, *k)$, and $(C, O/g, *k)$ for a transposed layer."""
        c, o = self.channels
        return (c, o // self.groups, *self.kernel) if self.transposed else (o, c // self.groups, *self.kernel)

    @property
    def transposed(self) -> bool:
        """Whether this is a transposed layer."""
        return self.operation == "conv_transpose"

    @property
    def outputs(self) -> Shape:
        """The extents of the result."""
        from cnnspec.shapes import conv_shape, conv_transpose_shape

        shape = conv_transpose_shape if self.transposed else conv_shape
        x: Shape = (1, self.channels[0], *self.extents)
        return shape(x, self.weight_shape, **self.options)[2:]

    @property
    def work(self) -> int:
        """Multiplications and additions of one sample, padding included."""
        windows = self.extents if self.transposed else self.outputs
        return prod(windows) * prod(self.weight_shape)


@dataclass(frozen=True, slots=True)
class Table:
    """A network's layers."""

    name: str
    title: str
    source: str
    layers: tuple[Layer, ...]


def layer_table(name: str) -> Table:
    """The table of that name, or in that file.

    Parameters
    ----------
    name
        One of :data:`TABLES`, or the path of a JSON file.

    Raises
    ------
    UsageError
        If there is no such table or file, or it does not hold what it should.

    Examples
    --------
    >>> table = layer_table("resnet50")
    >>> len(table.layers), sum(layer.count for layer in table.layers)
    (24, 53)
    """
    if name in TABLES:
        text = files("cnnspec.numerics").joinpath("layers", f"{name}.json").read_text(encoding="utf-8")
    else:
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"there is no layer table {name!r}; there are {', '.join(TABLES)}, or give a JSON file")
        text = path.read_text(encoding="utf-8")
    try:
        data = json.loads(text)
        layers = tuple(_layer(row) for row in data["layers"])
        return Table(str(data.get("name", name)), str(data.get("title", name)), str(data.get("source", "")), layers)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{name} is no layer table: {type(error).__name__}: {error}") from error


def _layer(row: Mapping[str, Any]) -> Layer:
    extents = tuple(map(int, row["extents"]))
    ones = [1] * len(extents)
    pads = tuple((p, p) if isinstance(p, int) else (int(p[0]), int(p[1])) for p in row.get("padding", [0] * len(ones)))
    c, o = map(int, row["channels"])
    per_axis = {key: tuple(map(int, row.get(key, ones))) for key in ("kernel", "stride", "dilation")}
    if any(len(values) != len(extents) for values in (*per_axis.values(), pads)):
        raise ValueError(f"{row.get('name')} needs {len(extents)} numbers for kernel, stride, padding and dilation")
    operation = str(row.get("operation", "conv"))
    if operation not in ("conv", "conv_transpose"):
        raise ValueError(f"the operation is conv or conv_transpose, got {operation!r}")
    return Layer(
        str(row.get("name", "layer")), operation, (c, o), extents, padding=pads, groups=int(row.get("groups", 1)),
        bias=bool(row.get("bias", False)), count=int(row.get("count", 1)), **per_axis,
    )  # fmt: skip
