"""A layer's result as something to certify: its projections from both sides, and any of its places computed anew.

A *place* is an index of the result without its channel axis; the results of all channels at one place are sums over the
same data with different weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnspec.numerics.projection import contracted, gathered, index, projected, scattered, squared

if TYPE_CHECKING:
    from cnnspec.geometry import Window
    from cnnspec.typing import Array

# ruff: noqa: D102  the protocol says what each member of the three problems is

Place = tuple[int, ...]


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

    def project(self, r: Array) -> Array:
        """The result's projection on each row of $r$: trials, and then places."""

    def compute(self, r: Array) -> tuple[Array, Array]:
        """The same from the arguments; and for each place the square of a bound of $\\sqrt{\\sum_o S_o^2}$."""

    def squared(self) -> Array:
        """The sum of squares over the channels of the result, for each place."""

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        """For each channel at a place: its index in the result, the exact value in float64, and $S$."""


def _grouped(w: Array, groups: int) -> Array:
    """(O, C/g, *k) -> (g, O/g, C/g, *k), float64."""
    return w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).astype(np.float64)


def _norms(w: Array, groups: int) -> Array:
    """$\\|w_\\gamma\\|_F^2$ for each group."""
    flat = w.reshape(groups, -1).astype(np.float64)
    return np.asarray(np.einsum("gi,gi->g", flat, flat))


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

    def project(self, r: Array) -> Array:
        z = projected(self.y, r)
        if self.b is not None:
            z -= (r @ self.b.astype(np.float64)).reshape(-1, *(1,) * (z.ndim - 1))
        return z

    def compute(self, r: Array) -> tuple[Array, Array]:
        g, per_group = self.groups, self.w.shape[0] // self.groups
        kernel = self.w.shape[2:]
        rows = r.reshape(len(r), g, 1, per_group)
        # (t, g, 1, O/g) @ (g, O/g, C/g * k) -> (t, C, *k)
        w = (rows @ _grouped(self.w, g).reshape(g, per_group, -1)).reshape(len(r), -1, *kernel)
        weights = np.repeat(_norms(self.w, g), self.w.shape[1])
        sums, squares = gathered(self.x, w, self.axes, self.y.shape[2:], weights)
        if self.b is not None:  # the bias counts as one more term of each sum
            squares = (np.sqrt(squares) + np.linalg.norm(self.b.astype(np.float64))) ** 2
        return sums, squares

    def squared(self) -> Array:
        return squared(self.y)

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

    def project(self, r: Array) -> Array:
        z = projected(self.result, r)
        if self.bias is not None:
            z -= (r @ self.bias.astype(np.float64)).reshape(-1, *(1,) * (z.ndim - 1))
        return z

    def compute(self, r: Array) -> tuple[Array, Array]:
        g = self.groups
        w = _grouped(self.w, g)  # (g, O/g, C/g, *k)
        rows = r.reshape(len(r), g, -1)
        mixed = np.einsum("tgc,goc...->tgo...", rows, w).reshape(len(r), self.w.shape[0], *self.w.shape[2:])
        weights = np.repeat(_norms(self.w, g), self.w.shape[0] // g)
        sums, squares = scattered(self.g, mixed, self.axes, self.result.shape[2:], weights)
        if self.bias is not None:
            squares = (np.sqrt(squares) + np.linalg.norm(self.bias.astype(np.float64))) ** 2
        return sums, squares

    def squared(self) -> Array:
        return squared(self.result)

    def at(self, place: Place) -> tuple[list[Place], Array, Array]:
        n, *t = place
        kernel = self.w.shape[2:]
        patch = np.zeros((self.w.shape[0], *kernel))
        for j in np.ndindex(*kernel):
            steps = [divmod(p + a.lo - a.dilation * q, a.stride) for p, q, a in zip(t, j, self.axes, strict=True)]
            if all(rest == 0 and 0 <= i < m for (i, rest), m in zip(steps, self.g.shape[2:], strict=True)):
                patch[index(slice(None), *j)] = self.g[index(n, slice(None), *(i for i, _ in steps))]
        w = np.swapaxes(_grouped(self.w, self.groups), 1, 2)  # (g, C/g, O/g, *k)
        value, size = _dot(w.reshape(*w.shape[:2], -1), patch.reshape(self.groups, -1))
        if self.bias is not None:
            value, size = value + self.bias.astype(np.float64), size + np.abs(self.bias.astype(np.float64))
        return [(n, c, *t) for c in range(self.channels)], value, size


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

    def _by_group(self, values: Array) -> Array:
        """(O, C/g, *k) -> (g, O/g, C/g, *k)."""
        return values.reshape(self.groups, values.shape[0] // self.groups, *values.shape[1:])

    def project(self, r: Array) -> Array:
        rows = r.reshape(len(r), self.groups, -1)
        z = np.einsum("tgo,goc...->tgc...", rows, self._by_group(self.result).astype(np.float64))
        return np.asarray(z).reshape(len(r), -1, *self.result.shape[2:])

    def compute(self, r: Array) -> tuple[Array, Array]:
        n, channels = self.g.shape[:2]
        per_group = channels // self.groups
        mixed = np.empty((len(r), n, self.groups, *self.g.shape[2:]))
        for block in range(self.groups):
            part = slice(block * per_group, (block + 1) * per_group)
            mixed[:, :, block] = projected(self.g[:, part], r[:, part])
        sums = contracted(self.x, mixed, self.axes, self.groups)
        size_g = _channel_squares(self.g).reshape(self.groups, -1).sum(1)
        size_x = _channel_squares(self.x).reshape(self.groups, -1)
        squares = (size_x * size_g[:, None]).reshape(-1, *(1,) * len(self.axes))
        return sums, np.broadcast_to(squares, sums.shape[1:])

    def squared(self) -> Array:
        return np.asarray((self._by_group(self.result).astype(np.float64) ** 2).sum(1)).reshape(
            -1, *self.result.shape[2:]
        )

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


def _channel_squares(a: Array) -> Array:
    """The sum of squares of each channel, (N, C, *n) -> (C,)."""
    flat = a.reshape(*a.shape[:2], -1)
    total: Any = np.zeros(a.shape[1])
    for sample in flat:
        for c in range(0, len(sample), 16):
            part = sample[c : c + 16].astype(np.float64)
            total[c : c + 16] += np.einsum("ci,ci->c", part, part)
    return np.asarray(total)
