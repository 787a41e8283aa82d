"""What a function wraps its result in, and how that is taken off: a tuple with a cache, nested lists, a tensor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from cnnspec.adapters.detection import Failed, attempt

Function = Callable[..., Any]

WORDS = {
    "list": "it returns a list, of which an array is made",
    "tensor": "it returns a torch.Tensor, of which an array is made",
}


def wrapping_of(result: Any, returns: int) -> str:
    """What an array is wrapped in: ``list``, ``tensor``, the length of a tuple as ``3``, or nothing.

    Examples
    --------
    >>> wrapping_of((np.ones(3), "cache"), 1), wrapping_of([[1.0, 2.0]], 1), wrapping_of(np.ones(3), 1)
    ('2', 'list', '')
    """
    if isinstance(result, tuple) and result and returns == 1 and _arraylike(result[0]):
        return str(len(result))
    if isinstance(result, list) and np.size(attempt(lambda: np.asarray(result, float))) > 1:
        return "list"
    return "tensor" if is_tensor(result) else ""


def words_of(wrapping: str) -> str:
    """What is said of a wrapping."""
    return WORDS.get(wrapping) or f"it returns {wrapping} results, and the first is checked"


def unwrap(wrapping: str, result: Any) -> Any:
    """The result without that wrapping; a result that is wrapped in another way stays as it is."""
    if wrapping == "list":
        made = attempt(lambda: np.array(result)) if isinstance(result, list) else Failed(TypeError())
        return result if isinstance(made, Failed) else made
    if wrapping == "tensor":
        return result.detach().numpy() if is_tensor(result) else result
    if not wrapping or not isinstance(result, tuple) or len(result) != int(wrapping):
        return result
    return unwrap("tensor", result[0])


def unwrapped(function: Function, wrapping: str) -> Function:
    """``function`` without that wrapping of its results."""

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        return unwrap(wrapping, function(*arrays, **options))

    return call


def leniently(function: Function, returns: int, seen: list[str]) -> Function:
    """``function`` without any wrapping; what it was each time is put into ``seen``."""

    @wraps(function)
    def call(*arrays: Any, **options: Any) -> Any:
        result = function(*arrays, **options)
        wrapping = wrapping_of(result, returns)
        seen.append(wrapping)
        return unwrap(wrapping, result)

    return call


def _arraylike(value: Any) -> bool:
    return isinstance(value, np.ndarray) or is_tensor(value)


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor of PyTorch; PyTorch is not imported for it."""
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")
