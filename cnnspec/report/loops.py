"""The operations once more, as nested loops that stand alone: what a finding's script computes its expectation with.

Each function needs NumPy alone (and the helpers above it in this file) and goes over the output shape that it is given;
:mod:`cnnspec.report.script` copies its text.  Arrays hold Python numbers, so that sums are theirs.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np


def conv(x: Any, w: Any, b: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """y[n,o,i] = b[o] + sum over c and j of x[n, c, s*i + d*j - lo] * w[o,c,j]; the kernel is not flipped."""
    y = np.zeros(shape, object)
    for n, o, *i in np.ndindex(*shape):
        first = o // (len(w) // groups) * w.shape[1]
        total = 0 if b is None else b[o]
        for c, *j in np.ndindex(*w.shape[1:]):
            t = [s * p + d * q - lo for s, p, d, q, (lo, _) in zip(stride, i, dilation, j, padding, strict=True)]
            if all(0 <= u < m for u, m in zip(t, x.shape[2:], strict=True)):
                total = total + x[n, first + c, *t] * w[o, c, *j]
        y[n, o, *i] = total
    return y


def conv_transpose(x: Any, w: Any, b: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """y[n,o,t] = b[o] + sum of x[n,c,i] * w[c,q,j] over all i, j with s*i + d*j - lo = t."""
    y = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*x.shape):
        block = c // (len(w) // groups) * w.shape[1]
        for q, *j in np.ndindex(*w.shape[1:]):
            t = [s * p + d * r - lo for s, p, d, r, (lo, _) in zip(stride, i, dilation, j, padding, strict=True)]
            if all(0 <= u < m for u, m in zip(t, shape[2:], strict=True)):
                y[n, block + q, *t] = y[n, block + q, *t] + x[n, c, *i] * w[c, q, *j]
    if b is not None:
        for n, o, *t in np.ndindex(*shape):
            y[n, o, *t] = y[n, o, *t] + b[o]
    return y


def conv_input_grad(g: Any, w: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """grad_x[n,c,t] = sum of g[n,o,i] * w[o,c,j] over all o, i, j with s*i + d*j - lo = t."""
    grad = np.zeros(shape, object)
    for n, o, *i in np.ndindex(*g.shape):
        first = o // (len(w) // groups) * w.shape[1]
        for c, *j in np.ndindex(*w.shape[1:]):
            t = [s * p + d * q - lo for s, p, d, q, (lo, _) in zip(stride, i, dilation, j, padding, strict=True)]
            if all(0 <= u < m for u, m in zip(t, shape[2:], strict=True)):
                grad[n, first + c, *t] = grad[n, first + c, *t] + g[n, o, *i] * w[o, c, *j]
    return grad


def conv_weight_grad(g: Any, x: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """grad_w[o,c,j] = sum over n and i of g[n,o,i] * x[n, c, s*i + d*j - lo]."""
    grad = np.zeros(shape, object)
    for o, c, *j in np.ndindex(*shape):
        channel = o // (shape[0] // groups) * shape[1] + c
        for n, *i in np.ndindex(len(g), *g.shape[2:]):
            t = [s * p + d * q - lo for s, p, d, q, (lo, _) in zip(stride, i, dilation, j, padding, strict=True)]
            if all(0 <= u < m for u, m in zip(t, x.shape[2:], strict=True)):
                grad[o, c, *j] = grad[o, c, *j] + g[n, o, *i] * x[n, channel, *t]
    return grad


def conv_bias_grad(g: Any, shape: Any) -> Any:
    """grad_b[o] = sum of g[n,o,i] over all n and i."""
    grad = np.zeros(shape, object)
    for n, o, *i in np.ndindex(*g.shape):
        grad[o] = grad[o] + g[n, o, *i]
    return grad


def conv_transpose_input_grad(g: Any, w: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """grad_x[n,c,i] = sum of g[n, o, s*i + d*j - lo] * w[c,q,j] over the channels o of its group, and all j."""
    grad = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*shape):
        first = c // (len(w) // groups) * w.shape[1]
        for q, *j in np.ndindex(*w.shape[1:]):
            t = [s * p + d * r - lo for s, p, d, r, (lo, _) in zip(stride, i, dilation, j, padding, strict=True)]
            if all(0 <= u < m for u, m in zip(t, g.shape[2:], strict=True)):
                grad[n, c, *i] = grad[n, c, *i] + g[n, first + q, *t] * w[c, q, *j]
    return grad


def conv_transpose_weight_grad(
    g: Any, x: Any, shape: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Any:
    """grad_w[c,q,j] = sum over n and i of x[n,c,i] * g[n, o, s*i + d*j - lo], o the q-th channel of its group."""
    grad = np.zeros(shape, object)
    for c, q, *j in np.ndindex(*shape):
        o = c // (shape[0] // groups) * shape[1] + q
        for n, *i in np.ndindex(len(x), *x.shape[2:]):
            t = [s * p + d * r - lo for s, p, d, r, (lo, _) in zip(stride, i, dilation, j, padding, strict=True)]
            if all(0 <= u < m for u, m in zip(t, g.shape[2:], strict=True)):
                grad[c, q, *j] = grad[c, q, *j] + x[n, c, *i] * g[n, o, *t]
    return grad


def window(i: Any, n: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The positions that window i reads: those inside the input, and how many are padding."""
    real, pads = [], 0
    for j in np.ndindex(*kernel_size):
        t = [s * p + d * q - lo for s, p, d, q, (lo, _) in zip(stride, i, dilation, j, padding, strict=True)]
        if all(0 <= u < m for u, m in zip(t, n, strict=True)):
            real.append(tuple(t))
        elif all(-lo <= u < m + hi for u, m, (lo, hi) in zip(t, n, padding, strict=True)):
            pads += 1
    return real, pads


def largest(plane: Any, taps: Any) -> Any:
    """The first tap with the largest value; the first NaN where there is one."""
    best = taps[0]
    for t in taps:
        if plane[t] > plane[best] or (plane[t] != plane[t] and plane[best] == plane[best]):
            best = t
    return best


def max_pool(x: Any, shape: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The largest element of each window that lies in the input; padding is left out, not counted as 0."""
    y = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*shape):
        real, _ = window(i, x.shape[2:], kernel_size, stride, padding, dilation)
        y[n, c, *i] = x[n, c][largest(x[n, c], real)] if real else -np.inf
    return y


def avg_pool(x: Any, shape: Any, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any) -> Any:
    """The sum over each window divided by its taps; padding counts if asked for, what lies beyond it never does."""
    y = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*shape):
        real, pads = window(i, x.shape[2:], kernel_size, stride, padding, (1,) * len(i))
        divisor = len(real) + (pads if count_include_pad else 0)
        y[n, c, *i] = sum(x[n, c][t] for t in real) / divisor if divisor else np.nan
    return y


def lp_pool(x: Any, shape: Any, kernel_size: Any, stride: Any, padding: Any, p: Any) -> Any:
    """(the sum of |x|^p over each window) to the power 1/p."""
    y = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*shape):
        real, _ = window(i, x.shape[2:], kernel_size, stride, padding, (1,) * len(i))
        sizes = [abs(x[n, c][t]) for t in real]
        y[n, c, *i] = max(sizes) if p == np.inf else sum(v**p for v in sizes) ** (1 / p)
    return y


def adaptive(i: Any, n: Any, m: Any) -> Any:
    """The positions from floor(i*n/m) to ceil((i+1)*n/m) on every axis."""
    return list(product(*(range(p * a // b, -(-(p + 1) * a // b)) for p, a, b in zip(i, n, m, strict=True))))


def adaptive_max_pool(x: Any, shape: Any) -> Any:
    """The largest element of each adaptive window."""
    y = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*shape):
        y[n, c, *i] = x[n, c][largest(x[n, c], adaptive(i, x.shape[2:], shape[2:]))]
    return y


def adaptive_avg_pool(x: Any, shape: Any) -> Any:
    """The mean of each adaptive window."""
    y = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*shape):
        taps = adaptive(i, x.shape[2:], shape[2:])
        y[n, c, *i] = sum(x[n, c][t] for t in taps) / len(taps)
    return y


def max_pool_input_grad(g: Any, x: Any, shape: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Each cotangent goes to the first maximum of its window; windows that overlap add."""
    grad = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*g.shape):
        real, _ = window(i, shape[2:], kernel_size, stride, padding, dilation)
        t = largest(x[n, c], real)
        grad[n, c, *t] = grad[n, c, *t] + g[n, c, *i]
    return grad


def avg_pool_input_grad(
    g: Any, x: Any, shape: Any, kernel_size: Any, stride: Any, padding: Any, count_include_pad: Any
) -> Any:
    """Each cotangent is shared by the elements of its window."""
    grad = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*g.shape):
        real, pads = window(i, shape[2:], kernel_size, stride, padding, (1,) * len(i))
        for t in real:
            share = g[n, c, *i] / (len(real) + (pads if count_include_pad else 0))
            grad[n, c, *t] = grad[n, c, *t] + share
    return grad


def adaptive_max_pool_input_grad(g: Any, x: Any, shape: Any) -> Any:
    """Each cotangent goes to the first maximum of its adaptive window."""
    grad = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*g.shape):
        t = largest(x[n, c], adaptive(i, shape[2:], g.shape[2:]))
        grad[n, c, *t] = grad[n, c, *t] + g[n, c, *i]
    return grad


def adaptive_avg_pool_input_grad(g: Any, x: Any, shape: Any) -> Any:
    """Each cotangent is shared by the elements of its adaptive window."""
    grad = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*g.shape):
        taps = adaptive(i, shape[2:], g.shape[2:])
        for t in taps:
            grad[n, c, *t] = grad[n, c, *t] + g[n, c, *i] / len(taps)
    return grad


def source(t: Any, n: Any, mode: Any) -> Any:
    """The position that padded position t copies, or None where it is the constant."""
    if 0 <= t < n:
        return t
    if mode == "reflect":
        t = t % (2 * (n - 1)) if n > 1 else 0
        return min(t, 2 * (n - 1) - t)
    if mode == "symmetric":
        return min(t % (2 * n), 2 * n - 1 - t % (2 * n))
    return {"constant": None, "replicate": min(max(t, 0), n - 1), "circular": t % n}[mode]


def pad(x: Any, shape: Any, padding: Any, mode: Any, value: Any) -> Any:
    """Copies of the input, or the constant, on every side."""
    y = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*shape):
        t = [source(p - lo, m, mode) for p, (lo, _), m in zip(i, padding, x.shape[2:], strict=True)]
        y[n, c, *i] = value if None in t else x[n, c, *t]
    return y


def pad_input_grad(g: Any, shape: Any, padding: Any, mode: Any) -> Any:
    """Each cotangent goes to the element that was copied there; those of constants go nowhere."""
    grad = np.zeros(shape, object)
    for n, c, *i in np.ndindex(*g.shape):
        t = [source(p - lo, m, mode) for p, (lo, _), m in zip(i, padding, shape[2:], strict=True)]
        if None not in t:
            grad[n, c, *t] = grad[n, c, *t] + g[n, c, *i]
    return grad


def relu_input_grad(g: Any, x: Any, shape: Any) -> Any:
    """The cotangent where the input is above 0, else 0."""
    grad = np.zeros(shape, object)
    for i in np.ndindex(*shape):
        grad[i] = g[i] if x[i] > 0 else 0
    return grad


def relu(x: Any, shape: Any) -> Any:
    """Each number where it is above 0, NaN where it is NaN, else 0."""
    y = np.zeros(shape, object)
    for i in np.ndindex(*shape):
        y[i] = x[i] if x[i] > 0 or x[i] != x[i] else 0
    return y


def cut(full: Any, n: Any, k: Any, shape: Any, mode: Any) -> Any:
    """The part of the full result that the mode asks for."""
    starts = {"full": [0] * len(n), "same": [(b - 1) // 2 for b in k],
              "valid": [min(a, b) - 1 for a, b in zip(n, k, strict=True)]}[mode]  # fmt: skip
    return full[tuple(slice(start, start + m) for start, m in zip(starts, shape, strict=True))]


def convolve(x: Any, k: Any, shape: Any, mode: Any) -> Any:
    """full[u + v] = sum of x[u] * k[v]."""
    full = np.zeros([a + b - 1 for a, b in zip(x.shape, k.shape, strict=True)], object)
    for u in np.ndindex(*x.shape):
        for v in np.ndindex(*k.shape):
            t = tuple(a + b for a, b in zip(u, v, strict=True))
            full[t] = full[t] + x[u] * k[v]
    return cut(full, x.shape, k.shape, shape, mode)


def cross_correlate(x: Any, k: Any, shape: Any, mode: Any) -> Any:
    """full[u - v + (k - 1)] = sum of x[u] * conjugate(k[v])."""
    full = np.zeros([a + b - 1 for a, b in zip(x.shape, k.shape, strict=True)], object)
    for u in np.ndindex(*x.shape):
        for v in np.ndindex(*k.shape):
            t = tuple(a - b + m - 1 for a, b, m in zip(u, v, k.shape, strict=True))
            full[t] = full[t] + x[u] * k[v].conjugate()
    return cut(full, x.shape, k.shape, shape, mode)
