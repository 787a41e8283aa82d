"""The names with a rank: what they are called, what they say, and what they refuse."""

from __future__ import annotations

import inspect
import pickle
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from cnnspec.errors import ShapeError

CHAPTERS = {
    "convolution": ["conv{}"],
    "transpose": ["conv_transpose{}"],
    "gradients": ["conv{}_input_grad", "conv{}_weight_grad"],
    "transpose_gradients": ["conv_transpose{}_input_grad", "conv_transpose{}_weight_grad"],
}
NAMES = [
    (f"cnnspec.reference.{c}", pattern, rank)
    for c, patterns in CHAPTERS.items()
    for pattern in patterns
    for rank in (1, 2, 3)
]


@pytest.mark.parametrize(("module", "pattern", "rank"), NAMES)
def test_a_ranked_name(module: str, pattern: str, rank: int) -> None:
    chapter: Any = import_module(module)
    name = pattern.format(f"{rank}d")
    plain, ranked = getattr(chapter, pattern.format("")), getattr(chapter, name)
    assert (ranked.__name__, ranked.__qualname__, ranked.__module__) == (name, name, module)
    assert inspect.signature(ranked) == inspect.signature(plain)
    axes = "1 spatial axis" if rank == 1 else f"{rank} spatial axes"
    assert ranked.__doc__.startswith(f"``{plain.__name__}`` with exactly {axes}.")
    assert pickle.loads(pickle.dumps(ranked)) is ranked
    first = next(iter(inspect.signature(plain).parameters))
    wrong = np.zeros((1,) * (rank + 3))
    for args, options in (((wrong, wrong), {}), ((), {first: wrong})):
        with pytest.raises(ShapeError) as caught:
            ranked(*args, **options)
        assert str(caught.value) == (
            f"{name} takes {first} of shape (N, C, *spatial) with {axes}, got {wrong.shape} (SHAPE-4);"
            f" {plain.__name__} takes every rank"
        )


def test_a_missing_argument_is_python_s_own_error() -> None:
    from cnnspec.reference.convolution import conv2d

    with pytest.raises(TypeError, match=r"missing 2 required positional arguments"):
        conv2d()  # type: ignore[call-arg]
