"""Right code as courses, books and repositories write it: each is found, and called as its author would call it."""

import numpy as np


def zero_pad(X, pad):
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant", constant_values=0)


def conv_single_step(a_slice_prev, W, b):
    return np.sum(a_slice_prev * W) + float(b.item())


def with_hyperparameters(A_prev, W, b, hparameters):
    """Channels last, the options in a dict, a bias of shape (1, 1, 1, n_C), the result with a cache."""
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    fh, fw, _, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]
    n_H = (n_H_prev - fh + 2 * pad) // stride + 1
    n_W = (n_W_prev - fw + 2 * pad) // stride + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    a = A_prev_pad[i, h * stride : h * stride + fh, w * stride : w * stride + fw, :]
                    Z[i, h, w, c] = conv_single_step(a, W[:, :, :, c], b[:, :, :, c])
    return Z, (A_prev, W, b, hparameters)


def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = int(1 + (n_H_prev - f) / stride), int(1 + (n_W_prev - f) / stride)
    A = np.zeros((m, n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            window = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
            if mode == "max":
                A[:, h, w] = window.max((1, 2))
            elif mode == "average":
                A[:, h, w] = window.mean((1, 2))
    return A, (A_prev, hparameters)


def lists_of_lists(image, kernel):
    kh, kw = len(kernel), len(kernel[0])
    result = []
    for i in range(len(image) - kh + 1):
        row = []
        for j in range(len(image[0]) - kw + 1):
            row.append(sum(image[i + a][j + b] * kernel[a][b] for a in range(kh) for b in range(kw)))
        result.append(row)
    return result


def filters_first(filters, image, bias, stride=1):
    """One image (C, H, W)."""
    f, _, kh, kw = filters.shape
    out = np.zeros((f, (image.shape[1] - kh) // stride + 1, (image.shape[2] - kw) // stride + 1))
    for o in range(f):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                y, x = i * stride, j * stride
                out[o, i, j] = np.sum(filters[o] * image[:, y : y + kh, x : x + kw]) + bias[o]
    return out


def in_parts(x, w, b, stride_h, stride_w, pad_h, pad_w):
    n, c, h, width = x.shape
    o, _, kh, kw = w.shape
    padded = np.zeros((n, c, h + 2 * pad_h, width + 2 * pad_w))
    padded[:, :, pad_h : pad_h + h, pad_w : pad_w + width] = x
    y = np.zeros((n, o, (h + 2 * pad_h - kh) // stride_h + 1, (width + 2 * pad_w - kw) // stride_w + 1))
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            window = padded[:, :, i * stride_h : i * stride_h + kh, j * stride_w : j * stride_w + kw]
            y[:, :, i, j] = np.tensordot(window, w, ((1, 2, 3), (1, 2, 3))) + b
    return y


def pool_in_parts(x, poolHeight, poolWidth, stride):
    y = np.zeros((*x.shape[:2], (x.shape[2] - poolHeight) // stride + 1, (x.shape[3] - poolWidth) // stride + 1))
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            window = x[:, :, i * stride : i * stride + poolHeight, j * stride : j * stride + poolWidth]
            y[:, :, i, j] = window.max((2, 3))
    return y


def same_or_valid(X, K, stride=1, padding="valid"):
    """Single planes."""
    kh, kw = K.shape
    if padding == "same":
        X = np.pad(X, (((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2)))
    Y = np.zeros(((X.shape[0] - kh) // stride + 1, (X.shape[1] - kw) // stride + 1))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i * stride : i * stride + kh, j * stride : j * stride + kw] * K).sum()
    return Y


def kernel_size_too(images, W, b, kernel_size, pad):
    x = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    k = kernel_size
    out = np.zeros((len(x), len(W), x.shape[2] - k + 1, x.shape[3] - k + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = np.tensordot(x[:, :, i : i + k, j : j + k], W, ((1, 2, 3), (1, 2, 3))) + b
    return out


def signals(signal, kernel):
    return np.array([sum(signal[i + j] * kernel[j] for j in range(len(kernel)))
                     for i in range(len(signal) - len(kernel) + 1)])  # fmt: skip


def flipped(image, kernel):
    """A true convolution, its valid part alone; whichever is smaller is the kernel."""
    if len(kernel) > len(image) or len(kernel[0]) > len(image[0]):
        image, kernel = kernel, image
    kernel = np.flipud(np.fliplr(kernel))
    return lists_of_lists(image, kernel)


class Convolution:
    """Weights of its own, made when it is made."""

    def __init__(self, in_channels, num_filters, filter_size, stride=1, padding=0):
        self.stride, self.padding = stride, padding
        self.params = {
            "W": np.random.randn(num_filters, in_channels, filter_size, filter_size),  # noqa: NPY002
            "b": np.zeros((num_filters, 1)),
        }

    def forward(self, x):
        p = self.padding
        self.x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        parts = (self.params["W"], self.params["b"][:, 0], self.stride, self.stride, 0, 0)
        return in_parts(self.x, *parts)


class GivenWeights:
    """The weights are parameters."""

    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x):
        return in_parts(x, self.W, self.b, self.stride, self.stride, self.pad, self.pad)


class MaxPooling:
    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride

    def __call__(self, x):
        return pool_in_parts(x, self.size, self.size, self.stride)


class ReLULayer:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
