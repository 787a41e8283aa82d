"""Geometries of windows for the projections, and integers to project."""

from __future__ import annotations

import numpy as np

from cnnspec.shapes import conv_geometry

GEOMETRIES = [
    ((2, 6, 11), (5,), {"padding": ((1, 3),)}),
    ((2, 6, 7, 11), (3, 2), {"stride": (2, 3), "padding": ((1, 0), (2, 1))}),
    ((2, 6, 7, 11), (3, 2), {"stride": (2, 3), "dilation": (2, 4), "padding": ((3, 1), (0, 2))}),
    ((2, 6, 7, 11), (1, 2), {"stride": (3, 1)}),
    ((2, 6, 7, 11), (3, 3), {"padding": ((-1, 0), (0, -2))}),
    ((2, 6, 5, 4, 7), (2, 3, 2), {"stride": (1, 2, 3), "padding": ((1, 0), (0, 2), (1, 1))}),
]


def setup(x_shape, kernel, options, outputs=4):
    rng = np.random.default_rng(0)
    x = rng.integers(-9, 10, x_shape).astype(np.float32)
    w = rng.integers(-9, 10, (outputs, x_shape[1], *kernel)).astype(np.float64)
    shape, axes = conv_geometry(
        x_shape, w.shape, None, **{"stride": 1, "padding": 0, "dilation": 1, "groups": 1, **options}
    )
    return x, w, axes, shape[2:], rng
