"""The gradient with respect to the weights as something to certify, projected on either side's channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.numerics.boxes import index
from cnnspec.numerics.contraction import onto_inputs, onto_outputs
from cnnspec.numerics.mixing import Side, by_groups, mixed_inputs, mixed_outputs, share_of, values_and_sizes
from cnnspec.numerics.projection import projected, squared

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.numerics.problems import Place
    from cnnspec.typing import Array, Shape

# ruff: noqa: D102  the protocol in cnnspec.numerics.problems says what each member is


def weight_grad(g: Array, x: Array, result: Array, axes: Sequence[Window], groups: int) -> ByInputs | ByOutputs:
    """The problem on whose side less is left to be multiplied: the array that is not projected is the smaller one.

    For a layer of 128 to 128 channels and stride 2, a projection of $x$ halves the time of one of $g$.
    """
    return (ByInputs if g.size < x.size else ByOutputs)(g, x, result, axes, groups)


@dataclass(frozen=True)
class WeightGrad:
    """What both have: the arguments, and the data that one tap reads."""

    g: Array
    x: Array
    result: Array
    axes: Sequence[Window]
    groups: int
    name: str = "conv_weight_grad"
    bias: None = None

    @property
    def factors(self) -> tuple[Array, Array]:
        return self.g, self.x

    @property
    def terms(self) -> int:
        return int(self.g.shape[0] * prod(self.g.shape[2:]))

    def side(self, sums: Array, sizes: Array, mixed: Array, other: Array) -> Side:
        """The side: ``sizes`` of the channels that are left, and ``other`` ones of the whole groups that were mixed."""
        norms = np.sqrt(sizes.reshape(self.groups, -1) * other[:, None]).reshape(-1, *(1,) * len(self.axes))
        ratio = share_of(np.moveaxis(mixed, 2, 1), other)
        return Side(sums, np.broadcast_to(norms, sums.shape[1:]), self.terms, ratio)

    def read(self, channels: slice, j: Shape) -> Array:
        """What tap $j$ of every window reads in these input channels: (C, N * m)."""
        count = len(range(*channels.indices(self.x.shape[1])))
        column = np.zeros((count, self.g.shape[0], *self.g.shape[2:]))
        windows: list[slice] = []
        reads: list[slice] = []
        for q, a, n, m in zip(j, self.axes, self.x.shape[2:], self.g.shape[2:], strict=True):
            t = a.dilation * q - a.lo
            first, last = max(-(t // a.stride), 0), min((n - 1 - t) // a.stride + 1, m)
            windows.append(slice(first, max(last, first)))
            reads.append(slice(t + a.stride * first, t + a.stride * max(last, first), a.stride))
        if all(w.stop > w.start for w in windows):
            part = self.x[index(slice(None), channels, *reads)]
            column[index(slice(None), slice(None), *windows)] = np.swapaxes(part, 0, 1)
        return column.reshape(count, -1)

    def cotangents(self, channels: slice) -> Array:
        """The cotangents of these output channels: (O, N * m), float64."""
        part = np.swapaxes(self.g[:, channels], 0, 1).astype(np.float64)
        return part.reshape(len(part), -1)


class ByOutputs(WeightGrad):
    """Projected on the output channels of each group: places are (input channel, *tap)."""

    @property
    def channels(self) -> int:
        return int(self.result.shape[0])

    def project(self, r: Array, dtype: Any = np.float64) -> Array:
        return mixed_outputs(self.result, r, self.groups, dtype)

    def compute(self, r: Array, dtype: Any = np.float64) -> Side:
        mixed, size_g = _mixed_data(self.g, r, self.groups, dtype)
        sums, size_x = onto_inputs(self.x, mixed, self.axes, self.groups, dtype)
        return self.side(sums, size_x, mixed, size_g)

    def squared(self) -> Array:
        return squared(by_groups(self.result, self.groups)).reshape(-1, *self.result.shape[2:])

    def place(self, index: tuple[int, ...]) -> Place:
        o, c, *j = index
        return (o // (self.g.shape[1] // self.groups) * self.result.shape[1] + c, *j)

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        c, *j = place
        per_in, per_out = self.result.shape[1], self.g.shape[1] // self.groups
        outputs = range(c // per_in * per_out, (c // per_in + 1) * per_out)
        rows = self.cotangents(slice(outputs.start, outputs.stop))
        value, size = values_and_sizes(rows[None], self.read(slice(c, c + 1), tuple(j)))
        return [(o, c % per_in, *j) for o in outputs], value, size


class ByInputs(WeightGrad):
    """Projected on the input channels of each group: places are (output channel, *tap)."""

    @property
    def channels(self) -> int:
        return int(self.x.shape[1])

    def project(self, r: Array, dtype: Any = np.float64) -> Array:
        return mixed_inputs(self.result, r, self.groups, dtype)

    def compute(self, r: Array, dtype: Any = np.float64) -> Side:
        mixed, size_x = _mixed_data(self.x, r, self.groups, dtype)
        sums, size_g = onto_outputs(self.g, mixed, self.axes, self.groups, dtype)
        return self.side(sums, size_g, mixed, size_x)

    def squared(self) -> Array:
        return squared(self.result)

    def place(self, index: tuple[int, ...]) -> Place:
        o, _, *j = index
        return (o, *j)

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        o, *j = place
        per_in, group = self.result.shape[1], o // (self.g.shape[1] // self.groups)
        columns = self.read(slice(group * per_in, (group + 1) * per_in), tuple(j))
        value, size = values_and_sizes(columns[None], self.cotangents(slice(o, o + 1)))
        return [(o, c, *j) for c in range(per_in)], value, size


class _Seen:
    """The sum of squares of all blocks that it is shown."""

    squares = 0.0

    def __call__(self, block: Array) -> None:
        self.squares += float(np.vecdot(block, block).sum(dtype=np.float64))


def _mixed_data(a: Array, r: Array, groups: int, dtype: Any) -> tuple[Array, Array]:
    """The channels of each group projected, (t, N, g, *m), and the sum of squares of each group, (g,)."""
    per_group = a.shape[1] // groups
    mixed, sizes = np.empty((len(r), len(a), groups, *a.shape[2:]), dtype), np.zeros(groups)
    for group in range(groups):
        part, seen = slice(group * per_group, (group + 1) * per_group), _Seen()
        mixed[:, :, group] = projected(a[:, part], r[:, part], dtype, look=seen)
        sizes[group] = seen.squares
    return mixed, sizes
