"""One function, many hands: the same few operations in the styles of courses, books and first attempts."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def capitals(X, K, bias=None, S=1, P=0):
    H, W = X.shape[2:]
    KH, KW = K.shape[2:]
    X = np.pad(X, ((0, 0), (0, 0), (P, P), (P, P)))
    Y = np.zeros((len(X), len(K), (H + 2 * P - KH) // S + 1, (W + 2 * P - KW) // S + 1))
    for i in range(Y.shape[2]):
        for j in range(Y.shape[3]):
            Y[:, :, i, j] = np.tensordot(X[:, :, S * i : S * i + KH, S * j : S * j + KW], K, ((1, 2, 3), (1, 2, 3)))
    return Y if bias is None else Y + bias.reshape(1, -1, 1, 1)


def columns(x, w, b, strides=1, pad=0):
    """Patches as rows of a matrix, one product, and a bias that is always there."""
    n, c, h, width = x.shape
    f, _, kh, kw = w.shape
    image = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    oh, ow = (h + 2 * pad - kh) // strides + 1, (width + 2 * pad - kw) // strides + 1
    col = np.zeros((n, c, kh, kw, oh, ow))
    for i in range(kh):
        for j in range(kw):
            col[:, :, i, j] = image[:, :, i : i + strides * oh : strides, j : j + strides * ow : strides]
    col = col.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)
    return (col @ w.reshape(f, -1).T + b).reshape(n, oh, ow, f).transpose(0, 3, 1, 2)


def windows(x, w, b=None, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    (ph, pw), (sh, sw), (dh, dw) = padding, stride, dilation
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    kh, kw = (w.shape[2] - 1) * dh + 1, (w.shape[3] - 1) * dw + 1
    seen = sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]
    parts = zip(np.split(seen, groups, axis=1), np.split(w, groups), strict=True)
    y = np.concatenate([np.einsum("nchwij,ocij->nohw", part, kernel) for part, kernel in parts], axis=1)
    return y if b is None else y + b[None, :, None, None]


def strided(x, w, b=None, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))) if padding else x
    n, c, h, width = x.shape
    _, _, kh, kw = w.shape
    a, d, r, q = x.strides
    shape = (n, c, (h - kh) // stride + 1, (width - kw) // stride + 1, kh, kw)
    y = np.einsum("nchwij,ocij->nohw", as_strided(x, shape, (a, d, r * stride, q * stride, r, q)), w)
    return y if b is None else y + b[:, None, None]


def by_position(image, kernels, biases, stride, padding, /):
    return windows(image, kernels, biases, (stride + 0,) * 2, (padding + 0,) * 2)


def stride_alone(x, w, b=None, stride=(1, 1)):
    rows, step = stride
    return windows(x, w, b, (rows, step))


def padding_in_words(x, w, b=None, stride=1, padding="same"):
    if padding == "same":
        x = np.pad(x, ((0, 0), (0, 0), (w.shape[2] // 2,) * 2, (w.shape[3] // 2,) * 2))
    elif padding != "valid":
        raise ValueError(f"padding must be 'same' or 'valid', not {padding}")
    return windows(x, w, b, (stride, stride))


def nested_lists(x, w, b=None, stride=1):
    x, w = x.tolist(), w.tolist()
    rows, columns = (len(x[0][0]) - len(w[0][0])) // stride + 1, (len(x[0][0][0]) - len(w[0][0][0])) // stride + 1

    def total(image, kernel, i, j):
        return sum(
            image[c][i * stride + p][j * stride + q] * kernel[c][p][q]
            for c in range(len(kernel)) for p in range(len(kernel[0])) for q in range(len(kernel[0][0]))
        )  # fmt: skip

    y = [[[[total(image, kernel, i, j) for j in range(columns)] for i in range(rows)] for kernel in w] for image in x]
    return y if b is None else (np.array(y) + b[:, None, None]).tolist()


def with_cache(x, w, b, stride=1, pad=0):
    return columns(x, w, b, stride, pad), (x, w, b, stride, pad)


def single_precision(x, w, b=None, stride=1, padding=0):
    y = strided(x.astype(np.float32), w.astype(np.float32), None, stride, padding)
    return y if b is None else y + b.astype(np.float32)[:, None, None]


def in_its_own_dtype(x, w, b=None, stride=1):
    y = np.zeros((len(x), len(w), (x.shape[2] - w.shape[2]) // stride + 1, (x.shape[3] - w.shape[3]) // stride + 1))
    y = y.astype(x.dtype)
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            patch = x[:, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
            y[:, :, i, j] = patch.reshape(len(x), -1) @ w.reshape(len(w), -1).T
    return y if b is None else y + b[:, None, None]


def one_plane(image, kernel):
    kh, kw = kernel.shape
    y = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return y


def one_image(x, w, b=None, stride=1, padding=0):
    """x is (C, H, W)."""
    channels, height, width = x.shape
    return strided(x.reshape(1, channels, height, width), w, b, stride + 0, padding + 0)[0]


def channels_last(x, w, stride=1, padding=0):
    """x is (N, H, W, C), w is (KH, KW, C, F)."""
    n, h, width, _ = x.shape
    kh, kw, _, f = w.shape
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    y = np.zeros((n, (h + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1, f))
    for i in range(y.shape[1]):
        for j in range(y.shape[2]):
            part = x[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            y[:, i, j] = np.tensordot(part, w, ((1, 2, 3), (0, 1, 2)))
    return y


def shared_sums(x, w, b=None, stride=1, padding=0):
    """Every input pixel hands its share to the outputs: the transposed convolution."""
    n, _, h, width = x.shape
    kh, kw = w.shape[2:]
    y = np.zeros((n, w.shape[1], (h - 1) * stride + kh, (width - 1) * stride + kw))
    for i in range(h):
        for j in range(width):
            y[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += np.einsum(
                "nc,cohw->nohw", x[:, :, i, j], w
            )
    y = y[:, :, padding : y.shape[2] - padding, padding : y.shape[3] - padding]
    return y if b is None else y + b[:, None, None]


def largest(x, f=2, stride=2):
    y = np.zeros((*x.shape[:2], (x.shape[2] - f) // stride + 1, (x.shape[3] - f) // stride + 1))
    for n, c, i, j in np.ndindex(*y.shape):
        best = -np.inf
        for p in range(f):
            for q in range(f):
                best = max(best, x[n, c, i * stride + p, j * stride + q])
        y[n, c, i, j] = best
    return y


def tiles(x, pool_size):
    rows, columns = x.shape[2] // pool_size[0], x.shape[3] // pool_size[1]
    x = x[:, :, : rows * pool_size[0], : columns * pool_size[1]]
    return x.reshape(*x.shape[:2], rows, pool_size[0], columns, pool_size[1]).mean((3, 5))


def where(x):
    return np.where(x > 0, x, 0)


def masked(x):
    return x * (x > 0)


def half_of_the_sum(z):
    return (np.abs(z) + z) / 2


def one_number(x):
    if x > 0:
        return x
    return 0
