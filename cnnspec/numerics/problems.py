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

from cnnspec.numerics.boxes import index
from cnnspec.numerics.mixing import (
    Side,
    by_groups,
    mixed_inputs,
    mixed_outputs,
    norm_with,
    share_of,
    values_and_sizes,
)  # fmt: skip
from cnnspec.numerics.projection import gathered, projected, scattered, squared

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
        norms = np.zeros(self.groups)
        w = mixed_outputs(self.w, r, self.groups, dtype, norms)
        weights = np.repeat(norms, self.w.shape[1])
        sums, squares = gathered(self.x, w, self.axes, self.y.shape[2:], weights, dtype)
        return Side(sums, norm_with(squares, self.b), self.x.shape[1] + prod(self.w.shape[2:]), share_of(w, norms))

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
        value, size = values_and_sizes(w, patch.reshape(self.groups, -1))
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
        norms = np.zeros(self.groups)
        w = mixed_inputs(self.w, r, self.groups, dtype, norms)
        weights = np.repeat(norms, self.w.shape[0] // self.groups)
        sums, squares = scattered(self.g, w, self.axes, self.result.shape[2:], weights, dtype)
        return Side(sums, norm_with(squares, self.bias), self.w.shape[0] + prod(self.w.shape[2:]), share_of(w, norms))

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
        w = np.swapaxes(by_groups(self.w, self.groups), 1, 2).astype(np.float64)  # (g, C/g, O/g, *k)
        value, size = values_and_sizes(w.reshape(*w.shape[:2], -1), patch.reshape(self.groups, -1))
        if self.bias is not None:
            value, size = value + self.bias.astype(np.float64), size + np.abs(self.bias.astype(np.float64))
        return [(n, c, *t) for c in range(self.channels)], value, size
