"""Functions as people write them: each is loaded by the tests from this file, as a user's file would be."""

from itertools import product

import numpy as np

import cnnspec.errors
from cnnspec.adapters.claiming import claims


def _correlate(x, w, b, strides, pads, dilations=(1, 1)):
    """What all of them compute; ``pads`` are (lo, hi) pairs."""
    (sh, sw), (dh, dw) = strides, dilations
    n, o, kh, kw = x.shape[0], w.shape[0], *w.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), *pads))
    rows = (x.shape[2] - (kh - 1) * dh - 1) // sh + 1
    columns = (x.shape[3] - (kw - 1) * dw - 1) // sw + 1
    y = np.zeros((n, o, rows, columns), x.dtype)
    for i, j in product(range(kh), range(kw)):
        taps = x[:, :, i * dh : i * dh + rows * sh : sh, j * dw : j * dw + columns * sw : sw][:, :, :rows, :columns]
        y += np.einsum("ncij,oc->noij", taps, w[:, :, i, j])
    return y if b is None else y + b[:, None, None]


def four_loops(x, w, b, stride, padding):
    """One plain int each, always a bias, float64 whatever comes in."""
    n, c, h, width = x.shape
    o, _, kh, kw = w.shape
    padded = np.zeros((n, c, h + 2 * padding, width + 2 * padding))
    padded[:, :, padding : padding + h, padding : padding + width] = x
    rows, columns = (h + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1
    y = np.zeros((n, o, rows, columns))
    for image in range(n):
        for channel in range(o):
            for i in range(rows):
                for j in range(columns):
                    window = padded[image, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
                    y[image, channel, i, j] = (window * w[channel]).sum() + b[channel]
    return y


def int_padding(x, w, b=None, stride=1, padding=0):
    return _correlate(x, w, b, (stride + 0, stride + 0), ((padding + 0,) * 2,) * 2)


def tuple_padding(x, w, b=None, *, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    ph, pw = padding
    return _correlate(x, w, b, stride, ((ph + 0, ph + 0), (pw + 0, pw + 0)), dilation)


def pairs(x, w, b=None, *, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1)):
    (top, bottom), (left, right) = padding
    return _correlate(x, w, b, stride, ((top, bottom), (left, right)), dilation)


def int_or_tuple(x, w, b=None, stride=1, padding=0):
    stride = (stride, stride) if isinstance(stride, int) else stride
    padding = (padding, padding) if isinstance(padding, int) else padding
    return _correlate(x, w, b, stride, tuple((p + 0, p + 0) for p in padding))


def mixed(x, w, bias=None, strides=(1, 1), pad=0):
    """Tuples for the stride, one int for the padding, and words of its own."""
    return _correlate(x, w, bias, strides, ((pad + 0, pad + 0),) * 2)


def short_words(image, kernels, s=1, p=0, bias=None):
    return _correlate(image, kernels, bias, (s + 0, s + 0), ((p + 0, p + 0),) * 2)


def keywords(x, w, b=None, **options):
    return _correlate(x, w, b, options["stride"], options["padding"], options["dilation"])


def by_position(x, w, b, stride, padding, /):
    return _correlate(x, w, b, (stride + 0,) * 2, ((padding + 0,) * 2,) * 2)


def no_options(x, w):
    return _correlate(x, w, None, (1, 1), ((0, 0), (0, 0)))


def no_bias(x, w, stride=1, padding=0):
    return _correlate(x, w, None, (stride + 0,) * 2, ((padding + 0,) * 2,) * 2)


def float32_only(x, w, b=None, stride=1, padding=0):
    return _correlate(x, w, b, (stride + 0,) * 2, ((padding + 0,) * 2,) * 2).astype(np.float32)


def nested_lists(x, w, b=None):
    return _correlate(x, w, b, (1, 1), ((0, 0), (0, 0))).tolist()


def bias_on_the_wrong_axis(x, w, b, stride=1, padding=0):
    return _correlate(x, w, None, (stride + 0,) * 2, ((padding + 0,) * 2,) * 2) + b


def kernel_height_for_both(x, w, b=None, stride=1, padding=0):
    square = np.repeat(w[..., :1], w.shape[2], axis=3)
    return _correlate(x, square, b, (stride + 0,) * 2, ((padding + 0,) * 2,) * 2)


def unfinished(x, w, b=None, *, stride, padding):
    raise NotImplementedError("next week")


def needs_more(x, w, b=None, *, device):
    raise AssertionError("never called")


def chatty(x, w):
    print("computing")
    return no_options(x, w)


def quitting(x, w):
    raise SystemExit("no")


@claims(padding="symmetric", dtypes=["float32"], style="torch", limits=["depthwise_or_one_group"])
def declared(x, w, b=None, *, stride, padding, groups=1):
    if groups != 1:
        raise cnnspec.errors.Unsupported("one group")
    return tuple_padding(x, w, b, stride=stride, padding=padding)


@claims(bias="optional")
def declared_beyond_the_signature(x, w):
    return no_options(x, w)


def conv(x, w):
    """An n-d function that only does two axes."""
    return _correlate(x, w, None, (1, 1), ((0, 0), (0, 0)))


def any_rank(x, w):
    """An n-d function that does all."""
    y = np.zeros((x.shape[0], w.shape[0], *(n - k + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True))))
    for tap in np.ndindex(*w.shape[2:]):
        at = tuple(slice(j, j + m) for j, m in zip(tap, y.shape[2:], strict=True))
        y += np.einsum("nc...,oc->no...", x[(slice(None), slice(None), *at)], w[(slice(None), slice(None), *tap)])
    return y


def pool(x, pool_size, stride):
    """A tuple for the window, one int for the stride."""
    kh, kw = pool_size
    rows, columns = (x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1
    y = np.empty((*x.shape[:2], rows, columns), x.dtype)
    for i, j in np.ndindex(rows, columns):
        y[:, :, i, j] = x[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw].max((2, 3))
    return y


def zeros_or_mirror(x, padding, mode="constant"):
    if mode not in ("constant", "reflect"):
        raise ValueError(mode)
    return np.pad(x, ((0, 0), (0, 0), *padding), mode=mode)


def average_of_images(x):
    return x.mean((2, 3), keepdims=True)


def helper(image, p):
    """Pads every axis: a helper for plain images that happens to carry an operation's name."""
    return np.pad(image, p)


class Layers:
    """Operations as methods."""

    def conv2d(self, x, w, b=None, *, stride=1, padding=0):
        return int_padding(x, w, b, stride, padding)

    @staticmethod
    def relu(x):
        return np.maximum(x, 0)


class NeedsArguments:
    def __init__(self, size):
        self.size = size

    def relu(self, x):
        return np.maximum(x, 0)
