"""A convolution layer by somebody who took the name at its word: the kernel is flipped."""

import numpy as np


def conv2d(x, w, b=None, *, stride, padding):
    """Take x (N, C, H, W), w (O, C, kh, kw), b (O,); stride (sh, sw), padding ((top, bottom), (left, right))."""
    x, w = np.pad(x, ((0, 0), (0, 0), *padding)), w[:, :, ::-1, ::-1]
    (sh, sw), (kh, kw) = stride, w.shape[2:]
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    y = np.zeros((len(x), len(w), rows, columns), x.dtype)
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
            y[:, :, i, j] = np.tensordot(window, w, ((1, 2, 3), (1, 2, 3)))
    return y if b is None else y + b[:, None, None]
