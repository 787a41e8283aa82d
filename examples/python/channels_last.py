"""The same operation as another community writes it: channels last, one int for both axes, and it says so."""

import numpy as np

import cnnspec


@cnnspec.claims(layout="NHWC", weights="HWIO")
def conv2d(x, w, b=None, *, stride=1, padding=0):
    """Take x (N, H, W, C), w (kh, kw, C, O), b (O,); the result is (N, rows, columns, O)."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw, _, outputs = w.shape
    rows, columns = ((n - k) // stride + 1 for n, k in zip(x.shape[1:3], (kh, kw), strict=True))
    y = np.zeros((len(x), rows, columns, outputs), x.dtype)
    for u in range(kh):
        for v in range(kw):
            taps = x[:, u : u + stride * (rows - 1) + 1 : stride, v : v + stride * (columns - 1) + 1 : stride]
            y += taps @ w[u, v]
    return y if b is None else y + b
