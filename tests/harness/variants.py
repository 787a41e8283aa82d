"""Correct implementations of the layer, each built in another way than the reference: none may have a finding.

Every one takes canonical arguments (one int per axis, pads as (lo, hi) pairs) in two dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def padded(x: Array, padding: Any) -> Array:
    """Zeros around, or elements cut off where a pad is negative."""
    grown = np.pad(x, ((0, 0), (0, 0), *((max(lo, 0), max(hi, 0)) for lo, hi in padding)))
    cut = tuple(slice(max(-lo, 0), n - max(-hi, 0)) for (lo, hi), n in zip(padding, grown.shape[2:], strict=True))
    return grown[:, :, *cut]


def extents(x: Array, w: Array, stride: Any, dilation: Any) -> tuple[int, ...]:
    """How many windows fit on each axis of the padded input."""
    axes = zip(x.shape[2:], w.shape[2:], stride, dilation, strict=True)
    return tuple((n - (k - 1) * d - 1) // s + 1 for n, k, s, d in axes)


def by_group(layer: Callable[..., Array]) -> Callable[..., Array]:
    """A layer with groups and bias from one without."""

    def conv2d(
        x: Array, w: Array, b: Array | None = None, *, stride: Any, padding: Any, dilation: Any, groups: int
    ) -> Array:
        if x.dtype.kind in "bO":
            raise TypeError("numbers are wanted")
        if x.ndim != 4 or len(stride) != 2 or len(dilation) != 2:
            raise ValueError("two spatial axes")
        if min(*stride, *dilation, groups) < 1 or w.shape[0] % groups:
            raise ValueError("an option is out of range")
        x = padded(x, padding)
        c, o = x.shape[1] // groups, w.shape[0] // groups
        m = extents(x, w, stride, dilation)
        if min(m) < 1:
            raise ValueError(f"no window of {w.shape[2:]} fits into {x.shape[2:]}")
        if x.shape[1] != groups * w.shape[1]:
            raise ValueError("the channels do not match")
        parts = [layer(x[:, g * c : (g + 1) * c], w[g * o : (g + 1) * o], stride, dilation, m) for g in range(groups)]
        y = np.concatenate(parts, axis=1)
        if b is not None:
            if b.shape != (w.shape[0],):
                raise ValueError("one bias per output channel")
            y = y + b[:, None, None]
        return y.astype(x.dtype)

    return conv2d


def taps(w: Array) -> Any:
    """Every tap of the kernel."""
    return np.ndindex(*w.shape[2:])


def under(x: Array, u: Any, stride: Any, dilation: Any, m: Any) -> Array:
    """The input elements under tap ``u`` of every window, (N, C, *m)."""
    at = [slice(j * d, j * d + (n - 1) * s + 1, s) for j, s, d, n in zip(u, stride, dilation, m, strict=True)]
    return x[:, :, *at]


@by_group
def im2col(x: Array, w: Array, stride: Any, dilation: Any, m: Any) -> Array:
    """One matrix product over all taps and channels."""
    columns = np.stack([under(x, u, stride, dilation, m) for u in taps(w)], axis=2)
    columns = columns.reshape(x.shape[0], w.shape[1] * w[0, 0].size, m[0] * m[1])
    return (w.reshape(w.shape[0], -1) @ columns).reshape(x.shape[0], w.shape[0], *m)


@by_group
def kn2row(x: Array, w: Array, stride: Any, dilation: Any, m: Any) -> Array:
    """One 1×1 product for each tap over the whole plane, then shifted sums."""
    y = np.zeros((x.shape[0], w.shape[0], *m), x.dtype)
    for u in taps(w):
        y += under(np.einsum("oc,nchw->nohw", w[:, :, *u], x), u, stride, dilation, m)
    return y


def summed(add: Callable[[list[Array]], Array]) -> Callable[..., Array]:
    """A layer whose products are added by ``add``."""

    @by_group
    def layer(x: Array, w: Array, stride: Any, dilation: Any, m: Any) -> Array:
        products = [
            w[None, :, c, *u][..., None, None] * under(x, u, stride, dilation, m)[:, c][:, None]
            for c in range(w.shape[1])
            for u in taps(w)
        ]
        return add(products) if products else np.zeros((x.shape[0], w.shape[0], *m), x.dtype)

    return layer


def one_after_another(products: list[Array]) -> Array:
    """Recursive summation in the dtype of the products."""
    total = products[0]
    for product in products[1:]:
        total = total + product
    return total


def pairwise(products: list[Array]) -> Array:
    """Pairwise summation."""
    while len(products) > 1:
        odd = products[-1:] if len(products) % 2 else []
        products = [a + b for a, b in zip(products[::2], products[1::2], strict=False)] + odd
    return products[0]


@by_group
def float64_inside(x: Array, w: Array, stride: Any, dilation: Any, m: Any) -> Array:
    """Everything in float64, rounded once at the end."""
    wide: Array = im2col_plain(x.astype(np.float64), w.astype(np.float64), stride, dilation, m)
    return wide


def im2col_plain(x: Array, w: Array, stride: Any, dilation: Any, m: Any) -> Array:
    """As :func:`im2col`, without groups and bias."""
    columns = np.stack([under(x, u, stride, dilation, m) for u in taps(w)], axis=2)
    columns = columns.reshape(x.shape[0], -1, m[0] * m[1]) if x.size else np.zeros((x.shape[0], w[0].size, m[0] * m[1]))
    return (w.reshape(w.shape[0], -1) @ columns).reshape(x.shape[0], w.shape[0], *m)


@by_group
def fft(x: Array, w: Array, stride: Any, dilation: Any, m: Any) -> Array:
    """The convolution theorem, in float64."""
    spread = np.zeros((*w.shape[:2], *((k - 1) * d + 1 for k, d in zip(w.shape[2:], dilation, strict=True))))
    spread[:, :, :: dilation[0], :: dilation[1]] = w
    size = [n + k - 1 for n, k in zip(x.shape[2:], spread.shape[2:], strict=True)]
    fx = np.fft.rfft2(x.astype(np.float64), size)
    fw = np.fft.rfft2(spread, size)
    full = np.fft.irfft2(np.einsum("nchw,ochw->nohw", fx, np.conj(fw)), size)
    return full[:, :, : (m[0] - 1) * stride[0] + 1 : stride[0], : (m[1] - 1) * stride[1] + 1 : stride[1]]


BT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
AT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])


@by_group
def winograd(x: Array, w: Array, stride: Any, dilation: Any, m: Any) -> Array:
    """F(2×2, 3×3) where it applies, in the dtype of the input; else sums over columns."""
    if w.shape[2:] != (3, 3) or tuple(stride) != (1, 1) or tuple(dilation) != (1, 1):
        return im2col_plain(x, w, stride, dilation, m)
    tiles = [-(-n // 2) for n in m]
    x = np.pad(x, ((0, 0), (0, 0), *((0, 2 * t + 2 - n) for t, n in zip(tiles, x.shape[2:], strict=True))))
    bt, g, at = (matrix.astype(x.dtype) for matrix in (BT, G, AT))
    u = g @ w @ g.T
    y = np.empty((x.shape[0], w.shape[0], 2 * tiles[0], 2 * tiles[1]), x.dtype)
    for i, j in np.ndindex(*tiles):
        v = bt @ x[:, :, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] @ bt.T
        y[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = at @ np.einsum("ocij,ncij->noij", u, v) @ at.T
    return y[:, :, : m[0], : m[1]]


def with_result(layer: Callable[..., Array], change: Callable[[Array], Array]) -> Callable[..., Array]:
    """A layer whose result is stored in another way."""

    def conv2d(
        x: Array, w: Array, b: Array | None = None, *, stride: Any, padding: Any, dilation: Any, groups: int
    ) -> Array:
        return change(layer(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups))

    return conv2d


def read_only(y: Array) -> Array:
    """The same array, not to be written to."""
    y.flags.writeable = False
    return y


def without_groups(x: Array, w: Array, b: Array | None = None, *, stride: Any, padding: Any, dilation: Any) -> Array:
    """A layer that does not know groups."""
    return im2col(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=1)


def undilated(
    x: Array, w: Array, b: Array | None = None, *, stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    """A layer that says at run time that it has no dilation."""
    if max(dilation) > 1:
        raise NotImplementedError("dilation")
    return im2col(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


VARIANTS: dict[str, Callable[..., Array]] = {
    "im2col": im2col,
    "kn2row": kn2row,
    "one product after another": summed(one_after_another),
    "pairwise": summed(pairwise),
    "float64 inside": float64_inside,
    "FFT": fft,
    "Winograd": winograd,
    "Fortran-ordered result": with_result(im2col, np.asfortranarray),
    "read-only result": with_result(im2col, read_only),
    "no groups": without_groups,
    "no dilation, said at run time": undilated,
}
