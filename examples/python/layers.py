"""A small layer library on NumPy: convolution by matrix product, its gradients, max pooling."""

import numpy as np


def _windows(x, kernel, stride, dilation):
    """All windows of x (N, C, H, W) as a view (N, C, rows, columns, kh, kw)."""
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    if min(*kernel, *stride, *dilation) < 1 or any(n < span for n, span in zip(x.shape[2:], spans, strict=True)):
        raise ValueError("kernel, stride and dilation must be >= 1, and a window must fit")
    view = np.lib.stride_tricks.sliding_window_view(x, spans, (2, 3))
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def conv2d(x, w, b=None, *, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1):
    """Take x (N, C, H, W), w (O, C/groups, kh, kw), b (O,)."""
    if x.shape[1] != groups * w.shape[1] or w.shape[0] % groups:
        raise ValueError(f"{x.shape[1]} channels do not fit weights of shape {w.shape} in {groups} groups")
    windows = _windows(np.pad(x, ((0, 0), (0, 0), *padding)), w.shape[2:], stride, dilation)
    n, c, rows, columns, kh, kw = windows.shape
    flat = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * rows * columns, groups, c // groups * kh * kw)
    kernels = w.reshape(groups, w.shape[0] // groups, -1)
    y = np.stack([flat[:, g] @ kernels[g].T for g in range(groups)], axis=1)
    y = y.reshape(n, rows, columns, w.shape[0]).transpose(0, 3, 1, 2)
    return y if b is None else y + b[:, None, None]


def conv2d_weight_grad(grad_output, x, *, kernel_size, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1)):
    """What the loss changes by with each weight: every window, weighed with what came back from its output."""
    windows = _windows(np.pad(x, ((0, 0), (0, 0), *padding)), kernel_size, stride, dilation)
    return np.einsum("noij,ncijuv->ocuv", grad_output, windows)


def conv2d_input_grad(grad_output, w, *, input_size, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1)):
    """What the loss changes by with each input element: the weights, sent back to where they were used."""
    (top, bottom), (left, right) = padding
    h, width = input_size
    gx = np.zeros((len(grad_output), w.shape[1], h + top + bottom, width + left + right), grad_output.dtype)
    for u, v in np.ndindex(*w.shape[2:]):
        rows = slice(u * dilation[0], u * dilation[0] + stride[0] * grad_output.shape[2], stride[0])
        columns = slice(v * dilation[1], v * dilation[1] + stride[1] * grad_output.shape[3], stride[1])
        gx[:, :, rows, columns] += np.einsum("noij,oc->ncij", grad_output, w[:, :, u, v])
    return gx[:, :, top : top + h, left : left + width]


def max_pool2d(x, *, kernel_size, stride=None, padding=((0, 0), (0, 0)), dilation=(1, 1)):
    """The largest element of each window; padding is -inf, so it never wins."""
    padded = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=-np.inf)
    return _windows(padded, kernel_size, stride or kernel_size, dilation).max((4, 5))


def relu(x):
    """The larger of x and 0."""
    return np.maximum(x, 0)
