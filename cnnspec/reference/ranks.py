"""The names that carry a rank: ``conv2d`` is ``conv``, held to two spatial axes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from inspect import getdoc, signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from cnnspec.errors import ShapeError

P = ParamSpec("P")
R = TypeVar("R")

SUFFIX = re.compile(r"((_input_grad|_weight_grad|_bias_grad|_with_indices)?)$")


def of_rank(operation: Callable[P, R], rank: int) -> Callable[P, R]:
    """``operation`` under the name of one rank; its first argument must have exactly ``rank`` spatial axes.

    Examples
    --------
    >>> def max_pool_with_indices(x):
    ...     return np.shape(x)
    >>> max_pool2d_with_indices = of_rank(max_pool_with_indices, 2)
    >>> max_pool2d_with_indices.__name__
    'max_pool2d_with_indices'
    >>> max_pool2d_with_indices(np.zeros((1, 1, 3)))
    Traceback (most recent call last):
    cnnspec.errors.ShapeError: max_pool2d_with_indices takes x of shape (N, C, *spatial) with 2 spatial axes, got ...
    """
    plain = operation.__name__
    name = SUFFIX.sub(rf"{rank}d\1", plain, count=1)
    first = next(iter(signature(operation).parameters))
    axes = "1 spatial axis" if rank == 1 else f"{rank} spatial axes"

    @wraps(operation)
    def ranked(*args: P.args, **kwargs: P.kwargs) -> R:
        x: Any = args[0] if args else kwargs.get(first)
        if x is not None and np.ndim(x) != rank + 2:
            raise ShapeError(
                f"{name} takes {first} of shape (N, C, *spatial) with {axes}, got {np.shape(x)} (SHAPE-4);"
                f" {plain} takes every rank"
            )
        return operation(*args, **kwargs)

    ranked.__name__ = ranked.__qualname__ = name
    ranked.__doc__ = (
        f"``{plain}`` with exactly {axes}.  Another rank of ``{first}`` raises ShapeError.\n\n{getdoc(operation)}\n"
    )
    return ranked


def of_each_rank(operation: Callable[P, R]) -> tuple[Callable[P, R], Callable[P, R], Callable[P, R]]:
    """``operation`` under its names of rank 1, 2 and 3."""
    return of_rank(operation, 1), of_rank(operation, 2), of_rank(operation, 3)
