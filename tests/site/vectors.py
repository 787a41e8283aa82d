"""What the small port in JavaScript must answer: Python's answers on exhaustive small grids.

``python -m tests.site.vectors FILE`` writes them, as the test does before it starts Node.js.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from cnnspec import conv_transpose, shapes
from cnnspec.errors import CnnspecError
from cnnspec.geometry import Window, adaptive_window, receptive_field, same_pads
from cnnspec.spec.convolution import conv

GRID = (range(9), range(1, 5), range(1, 4), range(1, 4), range(-2, 3), range(-2, 3))
"""Extent, kernel, stride, dilation, low and high pad."""

PADDINGS = (0, 1, "valid", "same", "same_upper", "same_lower", "causal", ((2, 0), (-1, 1)))


def every() -> dict[str, Any]:
    """All vectors, as JSON takes them."""
    return {"axis": axis(), "same": same(), "adaptive": adaptive(), "fields": fields(), "shapes": extents(),
            "sums": sums()}  # fmt: skip


def axis() -> dict[str, Any]:
    """Every function of one axis on the whole grid, the last number fastest."""
    rows = [(n, Window(*rest)) for n, *rest in product(*GRID)]
    return {
        "grid": [list(values) for values in GRID],
        "floor": [w.count(n) for n, w in rows],
        "ceil": [w.count(n, ceil_mode=True) for n, w in rows],
        "transposed": [w.transposed_extent(n, 1) for n, w in rows],
        "remainder": [w.remainder(n) for n, w in rows],
        "inputs": [[w.inputs_for(n + 1).start, w.inputs_for(n + 1).stop] for n, w in rows],
        "kinds": ["".join(w.kind(t, n)[0] for i in range(2) for t in w.taps(i)) for n, w in rows],
    }


def same() -> list[Any]:
    """The pads of both words."""
    rows = product(range(10), range(1, 5), range(1, 5), range(1, 4), (True, False))
    return [[*row, same_pads(*row[:4], upper=row[4])] for row in rows]


def adaptive() -> list[Any]:
    """The windows of adaptive pooling, as a first and a last-plus-one element."""
    windows = ((i, n, m) for n in range(9) for m in range(1, 10) for i in range(m))
    return [[*row, [adaptive_window(*row).start, adaptive_window(*row).stop]] for row in windows]


def fields() -> list[Any]:
    """Receptive field and jump of stacks of up to three layers."""
    layers = [(3, 1, 1), (2, 2, 1), (3, 2, 2)]
    stacks = [stack for length in range(4) for stack in product(layers, repeat=length)]
    return [[stack, receptive_field([Window(*layer) for layer in stack])] for stack in stacks]


def extents() -> list[Any]:
    """Output extents, or the category of the refusal, of every kind of layer in two dimensions."""
    found = []
    sizes, kernels, steps = [(7, 5), (4, 6), (1, 2), (2, 0)], [(3, 2), (1, 4), (0, 2)], [(1, 1), (2, 3), (1, 0)]
    for n, k, s, d, padding in product(sizes, kernels, steps, [(1, 1), (1, 2)], PADDINGS):
        options = {"stride": s, "padding": padding, "dilation": d}
        x, w = (2, 3, *n), (4, 3, *k)
        call = {"n": n, "k": k, "s": s, "d": d, "padding": padding}
        found.append(["conv", call, answer(shapes.conv_shape, x, w, **options)])
        for ceil in (False, True):
            pool = answer(shapes.pool_shape, x, kernel_size=k, ceil_mode=ceil, **options)
            found.append(["pool", {**call, "ceil": ceil}, pool])
        for extra in ((0, 0), (0, 1), (2, 1)):
            made = answer(shapes.conv_transpose_shape, x, (3, 4, *k), output_padding=extra, **options)
            found.append(["transposed", {**call, "extra": extra}, made])
    found += [
        ["adaptive", {"n": n, "to": to}, answer(shapes.adaptive_shape, (2, 3, *n), output_size=to)]
        for n, to in product(sizes, [(3, 8), (1, 1), (0, 2)])
    ]
    return found


def answer(rule: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The spatial extents, or the category of the error."""
    try:
        return rule(*args, **options)[2:]
    except CnnspecError as error:
        return error.category


def sums() -> list[Any]:
    """Whole results of layers on the sample numbers, forward and transposed, flipped or not."""
    found = []
    pads = [((0, 0), (1, 0)), ((2, 1), (-1, 1))]
    lines = product([(7,), (4, 6)], [(3, 2), (2, 3)], [(1, 1), (2, 3)], [(1, 1), (2, 1)], pads)
    for n, k, s, d, p in lines:
        rank = len(n)
        call = {"n": n, "k": k[:rank], "s": s[:rank], "d": d[:rank], "pads": p[:rank]}
        for flip, back in product((False, True), repeat=2):
            try:
                y = layer(**call, channels=2, kernels=3, flip=flip, back=back)
            except CnnspecError:
                continue
            found.append([{**call, "flip": flip, "back": back}, y.ravel().tolist(), y.shape])
    return found


def layer(
    *, n: Any, k: Any, s: Any, d: Any, pads: Any, channels: int, kernels: int, flip: bool = False, back: bool = False
) -> np.ndarray:
    """The result of a layer on the sample numbers, (O, *m)."""
    x, w = sample_input(channels, n), sample_weight(kernels, channels, k)
    w = np.flip(w, axis=range(2, w.ndim)) if flip else w
    options = {"stride": s, "padding": pads, "dilation": d}
    if back:
        return conv_transpose(x[None], w.swapaxes(0, 1), **options)[0]
    return conv(x[None], w, **options)[0]


def sample_input(channels: int, extents: tuple[int, ...]) -> np.ndarray:
    """The same numbers as ``sampleInput`` gives, (C, *n)."""
    c, a, b = np.ogrid[:channels, : extents[0], : extents[1] if len(extents) > 1 else 1]
    return ((73 * a + 31 * b + 17 * c + 11) ** 2 % 101 % 6).reshape(channels, *extents)


def sample_weight(kernels: int, channels: int, extents: tuple[int, ...]) -> np.ndarray:
    """The same numbers as ``sampleWeight`` gives, (O, C, *k)."""
    o, c, a, b = np.ogrid[:kernels, :channels, : extents[0], : extents[1] if len(extents) > 1 else 1]
    return ((37 * a + 53 * b + 29 * c + 71 * o + 6) ** 2 % 103 % 5 - 2).reshape(kernels, channels, *extents)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(every()), encoding="utf-8")
