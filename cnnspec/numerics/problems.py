"""A layer's result as something to certify: its projections from both sides, and any of its places computed anew.

A *place* is an index of the result without its channel axis; the results of all channels at one place are sums over the
same data with different weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from cnnspec.numerics.boxes import index
from cnnspec.numerics.projection import Blocks, contracted, gathered, parts, projected, scattered, squared

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array

# ruff: noqa: D102  the protocol says what each member of the three problems is

Place = tuple[int, ...]


class Side(NamedTuple):
    """A projection, computed from the arguments.

    ``norms`` bounds $\\sqrt{\\sum_o S_o^2}$ at each place.  A product met up to ``terms`` roundings on its way,
    and the norm of the projected factors is ``ratio`` times that of the whole.
    """

    sums: Array
    norms: Array
    terms: int
    ratio: float


class Problem(Protocol):
    """What a certificate asks of a result."""

    @property
    def name(self) -> str:
        """The operation, for messages."""

    @property
    def result(self) -> Array:
        """The result that is certified."""

    @property
    def factors(self) -> tuple[Array, Array]:
        """The two factors of every product."""

    @property
    def bias(self) -> Array | None:
        """What is added to every product sum, by channel."""

    @property
    def groups(self) -> int:
        """The number of channel groups."""

    @property
    def channels(self) -> int:
        """How many channels are projected into one."""

    @property
    def terms(self) -> int:
        """$K$, the terms of one sum."""

    def project(self, r: Array, dtype: Any = np.float64) -> Array:
        """The result's projection on each row of $r$: trials, and then places."""

    def compute(self, r: Array, dtype: Any = np.float64) -> Side:
        """The same from the arguments."""

    def squared(self) -> Array:
        """The sum of squares over the channels of the result, for each place."""

    def place(self, index: tuple[int, ...]) -> Place:
        """The place of an element of the result."""

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        """For each channel at a place: its index in the result, the exact value in float64, and $S$."""


def _grouped(w: Array, groups: int) -> Array:
    """(O, C/g, *k) -> (g, O/g, C/g, *k)."""
    return w.reshape(groups, w.shape[0] // groups, *w.shape[1:])


def _mixed(w: Array, r: Array, groups: int, dtype: Any) -> tuple[Array, Array]:
    """The weights projected on their first axis within each group, (t, C, *k), and $\\|w_\\gamma\\|_F^2$, (g,)."""
    flat = w.reshape(groups, w.shape[0] // groups, -1)
    rows = r.reshape(len(r), groups, -1).swapaxes(0, 1).astype(dtype)
    total = np.zeros((groups, len(r), flat.shape[2]))
    norms, blocks = np.zeros(groups), Blocks(dtype)
    for outputs in parts(flat.shape[1], groups * flat.shape[2]):
        block = blocks(flat[:, outputs])
        total += rows[:, :, outputs] @ block
        norms += _squares(block)
    mixed: Array = total.swapaxes(0, 1).reshape(len(r), -1, *w.shape[2:])
    return mixed, norms


def _mixed_inputs(w: Array, r: Array, groups: int, dtype: Any) -> tuple[Array, Array]:
    """The same on the second axis: (t, O, *k), and $\\|w_\\gamma\\|_F^2$."""
    count, per_group = w.shape[0], w.shape[0] // groups
    flat = w.reshape(count, w.shape[1], -1)
    rows = r.reshape(len(r), groups, -1).swapaxes(0, 1).astype(dtype)
    total = np.empty((count, len(r), flat.shape[2]))
    norms, blocks = np.zeros(groups), Blocks(dtype)
    for outputs in parts(count, w.size // max(count, 1)):
        block = blocks(flat[outputs])
        group = np.arange(outputs.start, outputs.stop) // per_group
        total[outputs] = (rows[group] if groups > 1 else rows[0]) @ block
        np.add.at(norms, group, _squares(block))
    mixed: Array = total.swapaxes(0, 1).reshape(len(r), count, *w.shape[2:])
    return mixed, norms


def _norm(squares: Array, bias: Array | None) -> Array:
    """The root, and the norm of the bias, which counts as one more term of each sum."""
    root: Array = np.sqrt(squares)
    return root if bias is None else root + root.dtype.type(np.linalg.norm(bias.astype(np.float64)))


def _ratio(mixed: Array, norms: Array) -> float:
    """The norm of projected weights, (t, C, …), in units of that of the weights; the largest of all trials."""
    whole = float(np.sqrt(norms.sum()))
    flat = mixed.reshape(len(mixed), -1)
    return float(np.sqrt((flat * flat).sum(1)).max()) / whole if whole else 0.0


def _squares(block: Array) -> Array:
    """The sum of squares of each part along the first axis."""
    flat = block.reshape(len(block), -1)
    return np.array([np.dot(row, row) for row in flat]) if len(flat) == 1 else np.vecdot(flat, flat)


def _dot(a: Array, v: Array) -> tuple[Array, Array]:
    """The products of the matrices and vectors of each group, and the same of their sizes."""
    return np.einsum("gok,gk->go", a, v).ravel(), np.einsum("gok,gk->go", np.abs(a), np.abs(v)).ravel()


@dataclass(frozen=True)
class Forward:
    """The layer itself: places are (n, *i)."""

    x: Array
    w: Array
    y: Array
    b: Array | None
    axes: Sequence[Window]
    groups: int
    name: str = "conv"

    @property
    def result(self) -> Array:
        return self.y

    @property
    def factors(self) -> tuple[Array, Array]:
        return self.x, self.w

    @property
    def bias(self) -> Array | None:
        return self.b

    @property
    def channels(self) -> int:
        return int(self.w.shape[0])

    @property
    def terms(self) -> int:
        return int(prod(self.w.shape[1:])) + int(self.b is not None)

    def project(self, r: Array, dtype: Any = np.float64) -> Array:
        z = projected(self.y, r, dtype)
        if self.b is not None:
            z -= (r @ self.b.astype(np.float64)).astype(dtype).reshape(-1, *(1,) * (z.ndim - 1))
        return z

    def compute(self, r: Array, dtype: Any = np.float64) -> Side:
        w, norms = _mixed(self.w, r, self.groups, dtype)
        weights = np.repeat(norms, self.w.shape[1])
        sums, squares = gathered(self.x, w, self.axes, self.y.shape[2:], weights, dtype)
        return Side(sums, _norm(squares, self.b), self.x.shape[1] + prod(self.w.shape[2:]), _ratio(w, norms))

    def squared(self) -> Array:
        return squared(self.y)

    def place(self, index: tuple[int, ...]) -> Place:
        return (index[0], *index[2:])

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        n, *i = place
        kernel = self.w.shape[2:]
        patch = np.zeros((self.x.shape[1], *kernel))
        for j in np.ndindex(*kernel):
            t = [a.stride * p + a.dilation * q - a.lo for p, q, a in zip(i, j, self.axes, strict=True)]
            if all(0 <= at < m for at, m in zip(t, self.x.shape[2:], strict=True)):
                patch[index(slice(None), *j)] = self.x[index(n, slice(None), *t)]
        w = self.w.reshape(self.groups, self.w.shape[0] // self.groups, -1).astype(np.float64)
        value, size = _dot(w, patch.reshape(self.groups, -1))
        if self.b is not None:
            value, size = value + self.b.astype(np.float64), size + np.abs(self.b.astype(np.float64))
        return [(n, o, *i) for o in range(self.w.shape[0])], value, size


@dataclass(frozen=True)
class InputGrad:
    """The gradient with respect to the input, and the transposed layer: places are (n, *t)."""

    g: Array
    w: Array
    result: Array
    axes: Sequence[Window]
    groups: int
    name: str = "conv_input_grad"
    bias: Array | None = None

    @property
    def factors(self) -> tuple[Array, Array]:
        return self.g, self.w

    @property
    def channels(self) -> int:
        return int(self.result.shape[1])

    @property
    def terms(self) -> int:
        return int(self.w.shape[0] // self.groups * prod(self.w.shape[2:])) + int(self.bias is not None)

    def project(self, r: Array, dtype: Any = np.float64) -> Array:
        z = projected(self.result, r, dtype)
        if self.bias is not None:
            z -= (r @ self.bias.astype(np.float64)).astype(dtype).reshape(-1, *(1,) * (z.ndim - 1))
        return z

    def compute(self, r: Array, dtype: Any = np.float64) -> Side:
        w, norms = _mixed_inputs(self.w, r, self.groups, dtype)
        weights = np.repeat(norms, self.w.shape[0] // self.groups)
        sums, squares = scattered(self.g, w, self.axes, self.result.shape[2:], weights, dtype)
        return Side(sums, _norm(squares, self.bias), self.w.shape[0] + prod(self.w.shape[2:]), _ratio(w, norms))

    def squared(self) -> Array:
        return squared(self.result)

    def place(self, index: tuple[int, ...]) -> Place:
        return (index[0], *index[2:])

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        n, *t = place
        kernel = self.w.shape[2:]
        patch = np.zeros((self.w.shape[0], *kernel))
        for j in np.ndindex(*kernel):
            steps = [divmod(p + a.lo - a.dilation * q, a.stride) for p, q, a in zip(t, j, self.axes, strict=True)]
            if all(rest == 0 and 0 <= i < m for (i, rest), m in zip(steps, self.g.shape[2:], strict=True)):
                patch[index(slice(None), *j)] = self.g[index(n, slice(None), *(i for i, _ in steps))]
        w = np.swapaxes(_grouped(self.w, self.groups), 1, 2).astype(np.float64)  # (g, C/g, O/g, *k)
        value, size = _dot(w.reshape(*w.shape[:2], -1), patch.reshape(self.groups, -1))
        if self.bias is not None:
            value, size = value + self.bias.astype(np.float64), size + np.abs(self.bias.astype(np.float64))
        return [(n, c, *t) for c in range(self.channels)], value, size


class _Seen:
    """The sum of squares of all blocks that it is shown."""

    squares = 0.0

    def __call__(self, block: Array) -> None:
        self.squares += float(np.vecdot(block, block).sum(dtype=np.float64))


@dataclass(frozen=True)
class WeightGrad:
    """The gradient with respect to the weights: places are (input channel, *tap), channels those of one group."""

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
    def channels(self) -> int:
        return int(self.result.shape[0])

    @property
    def terms(self) -> int:
        return int(self.g.shape[0] * prod(self.g.shape[2:]))

    def project(self, r: Array, dtype: Any = np.float64) -> Array:
        return _mixed(self.result, r, self.groups, dtype)[0]

    def compute(self, r: Array, dtype: Any = np.float64) -> Side:
        n, channels = self.g.shape[:2]
        per_group = channels // self.groups
        mixed = np.empty((len(r), n, self.groups, *self.g.shape[2:]), dtype)
        size_g = np.zeros(self.groups)
        for block in range(self.groups):
            part, seen = slice(block * per_group, (block + 1) * per_group), _Seen()
            mixed[:, :, block] = projected(self.g[:, part], r[:, part], dtype, look=seen)
            size_g[block] = seen.squares
        sums, size_x = contracted(self.x, mixed, self.axes, self.groups, dtype)
        norms = np.sqrt(size_x.reshape(self.groups, -1) * size_g[:, None]).reshape(-1, *(1,) * len(self.axes))
        ratio = _ratio(np.moveaxis(mixed, 2, 1), size_g)
        return Side(sums, np.broadcast_to(norms, sums.shape[1:]), self.terms, ratio)

    def squared(self) -> Array:
        return squared(_grouped(self.result, self.groups)).reshape(-1, *self.result.shape[2:])

    def place(self, index: tuple[int, ...]) -> Place:
        o, c, *j = index
        block = o // (self.g.shape[1] // self.groups)
        return (block * self.result.shape[1] + c, *j)

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        c, *j = place
        per_in, per_out = self.result.shape[1], self.g.shape[1] // self.groups
        block = c // per_in
        column = np.zeros((self.g.shape[0], *self.g.shape[2:]))
        windows: list[slice] = []
        reads: list[slice] = []
        for q, a, n, m in zip(j, self.axes, self.x.shape[2:], self.g.shape[2:], strict=True):
            t = a.dilation * q - a.lo
            first, last = max(-(t // a.stride), 0), min((n - 1 - t) // a.stride + 1, m)
            windows.append(slice(first, max(last, first)))
            reads.append(slice(t + a.stride * first, t + a.stride * max(last, first), a.stride))
        if all(w.stop > w.start for w in windows):
            column[index(slice(None), *windows)] = self.x[index(slice(None), c, *reads)]
        rows = np.swapaxes(self.g[:, block * per_out : (block + 1) * per_out], 0, 1).reshape(1, per_out, -1)
        value, size = _dot(rows.astype(np.float64), column.reshape(1, -1))
        return [(o, c % per_in, *j) for o in range(block * per_out, (block + 1) * per_out)], value, size
