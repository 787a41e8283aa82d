"""One random direction of a layer's channels: the projected weights, and the norms that bound what is projected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cnnspec.numerics.projection import Blocks, parts

if TYPE_CHECKING:
    from cnnspec.typing import Array


class Side(NamedTuple):
    """A projection, computed from the arguments.

    ``norms`` bounds $\\sqrt{\\sum_o S_o^2}$ at each place.  A product met up to ``terms`` roundings on its way,
    and the norm of the projected factors is ``ratio`` times that of the whole.
    """

    sums: Array
    norms: Array
    terms: int
    ratio: float


def by_groups(w: Array, groups: int) -> Array:
    """(O, C/g, *k) -> (g, O/g, C/g, *k)."""
    return w.reshape(groups, w.shape[0] // groups, *w.shape[1:])


def mixed_outputs(w: Array, r: Array, groups: int, dtype: Any, norms: Array | None = None) -> Array:
    """The weights projected on their first axis within each group, (t, C, *k).

    $\\|w_\\gamma\\|_F^2$ is added to ``norms``, (g,), if these are wanted.
    """
    flat = w.reshape(groups, w.shape[0] // groups, -1)
    rows = r.reshape(len(r), groups, -1).swapaxes(0, 1).astype(dtype)
    total = np.zeros((groups, len(r), flat.shape[2]))
    blocks = Blocks(dtype)
    for outputs in parts(flat.shape[1], groups * flat.shape[2]):
        block = blocks(flat[:, outputs])
        total += rows[:, :, outputs] @ block
        if norms is not None:
            norms += sums_of_squares(block)
    mixed: Array = total.swapaxes(0, 1).reshape(len(r), -1, *w.shape[2:])
    return mixed


def mixed_inputs(w: Array, r: Array, groups: int, dtype: Any, norms: Array | None = None) -> Array:
    """The same on the second axis: (t, O, *k)."""
    count, per_group = w.shape[0], w.shape[0] // groups
    flat = w.reshape(count, w.shape[1], -1)
    rows = r.reshape(len(r), groups, -1).swapaxes(0, 1).astype(dtype)
    total = np.empty((count, len(r), flat.shape[2]))
    blocks = Blocks(dtype)
    for outputs in parts(count, w.size // max(count, 1)):
        block = blocks(flat[outputs])
        group = np.arange(outputs.start, outputs.stop) // per_group
        total[outputs] = (rows[group] if groups > 1 else rows[0]) @ block
        if norms is not None:
            np.add.at(norms, group, sums_of_squares(block))
    mixed: Array = total.swapaxes(0, 1).reshape(len(r), count, *w.shape[2:])
    return mixed


def norm_with(squares: Array, bias: Array | None) -> Array:
    """The root, and the norm of the bias, which counts as one more term of each sum."""
    root: Array = np.sqrt(squares)
    return root if bias is None else root + root.dtype.type(np.linalg.norm(bias.astype(np.float64)))


def share_of(mixed: Array, norms: Array) -> float:
    """The norm of projected weights, (t, C, …), in units of that of the weights; the largest of all trials."""
    whole = float(np.sqrt(norms.sum()))
    flat = mixed.reshape(len(mixed), -1)
    return float(np.sqrt((flat * flat).sum(1)).max()) / whole if whole else 0.0


def sums_of_squares(block: Array) -> Array:
    """The sum of squares of each part along the first axis."""
    flat = block.reshape(len(block), -1)
    return np.array([np.dot(row, row) for row in flat]) if len(flat) == 1 else np.vecdot(flat, flat)


def values_and_sizes(a: Array, v: Array) -> tuple[Array, Array]:
    """The products of the matrices and vectors of each group, and the same of their sizes."""
    return np.einsum("gok,gk->go", a, v).ravel(), np.einsum("gok,gk->go", np.abs(a), np.abs(v)).ravel()
