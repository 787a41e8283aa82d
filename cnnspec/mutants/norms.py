"""Faults of Lp pooling: the absolute value, the power, the root."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.mutants.plain import inside, read
from cnnspec.mutants.plain_pooling import norms, usual, whole

NORM = ("lp_pool",)


@mutant(
    NORM,
    "negative data and an odd or fractional p",
    lambda c: c.p % 2,
    "FluxML/NNlib.jl#639",
    "pytorch/pytorch#184511",
    "microsoft/onnxruntime#6303",
    literal=True,
)
def lp_without_absolute_value(c: Call) -> Any:
    """The norm takes no absolute value."""
    v = read(c.x.astype(np.float64), usual(c), 0.0 if np.isfinite(c.p) else -np.inf)
    with np.errstate(all="ignore"):
        y = v.max(-1) if np.isinf(c.p) else (v**c.p).sum(-1) ** (1 / c.p)
        return y.reshape(c.forward).astype(c.x.dtype)


@mutant(NORM, "a p other than 1", lambda c: c.p != 1, literal=True)
def lp_forgets_root(c: Call) -> Any:
    """The root is left out."""
    return norms(c, usual(c), root=1.0)


@mutant(NORM, "a p other than 2", lambda c: c.p != 2, literal=True)
def norm_takes_square_root(c: Call) -> Any:
    """The root is always the square root."""
    return norms(c, usual(c), root=0.5)


@rewrite(NORM, "a p other than 2")
def norm_is_euclidean(c: Call) -> dict[str, Any]:
    """The norm is always the Euclidean one."""
    return {"p": 2}


@mutant(NORM, "windows of more than one tap", lambda c: prod(c.kernel) > 1, literal=True)
def lp_divides_by_size(c: Call) -> Any:
    """The norm divides by the number of taps before the root."""
    at = usual(c)
    count = inside(at, whole(c)).sum(-1).reshape(c.counts)
    scale = 1.0 if np.isinf(c.p) else count ** (-1.0 / c.p)
    return (norms(c, at).astype(np.float64) * scale).astype(c.x.dtype)
