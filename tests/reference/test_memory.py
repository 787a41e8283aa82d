"""What the reference holds in memory while it computes: at most three times what goes in and comes out.

What NumPy takes besides, to add arrays whose rows do not follow each other, is three buffers of 8192 elements.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnnspec as reference
from benchmarks.layers import LAYERS, Layer, drawn
from benchmarks.reference import peak

BUFFERS = 3 * np.getbufsize() * np.dtype(float).itemsize

NARROW = [
    Layer("few outputs, long rows", 214, 3, (15, 20, 28), (3, 3, 3), {"padding": 2, "dilation": 2}),
    Layer("many taps of little", 4, 30, (32, 16), (8, 5), {}, 2),
    Layer("little of three dimensions", 18, 10, (18, 21, 9), (3, 3, 3), {}),
    Layer("as many columns as 24 inputs", 74, 9, (6, 7, 25), (4, 3, 2), {}),
    Layer("depthwise", 17, 17, (9, 36, 39), (3, 3, 3), {"padding": 1, "dilation": 3, "groups": 17}),
]


@pytest.mark.parametrize("layer", [*NARROW, *LAYERS, *drawn(20, 0)], ids=lambda layer: layer.text)
def test_no_layer_holds_more_than_three_times_its_data(layer: Layer) -> None:
    rng, options = np.random.default_rng(0), layer.options
    x = rng.standard_normal((layer.batch, layer.c, *layer.extents))
    w = rng.standard_normal((layer.o, layer.c // options.get("groups", 1), *layer.kernel))
    g = rng.standard_normal((layer.batch, layer.o, *layer.counts))
    held: dict[str, Any] = {
        "forward": (lambda: reference.conv(x, w, **options), x, w),
        "input gradient": (lambda: reference.conv_input_grad(g, w, input_size=layer.extents, **options), g, w),
        "weight gradient": (lambda: reference.conv_weight_grad(g, x, kernel_size=layer.kernel, **options), g, x),
        "transposed": (lambda: reference.conv_transpose(g, w, **options), g, w),
    }
    most = {result: peak(*call) for result, call in held.items()}
    data = x.nbytes + w.nbytes + g.nbytes
    assert max(most.values()) <= 3 + BUFFERS / data, most
