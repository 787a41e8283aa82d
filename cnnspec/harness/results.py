"""What came back from a call: arrays of numbers, or what it is instead, in words.

Nothing that a target returns is trusted: it may be of any type, and the type's own code may raise.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from cnnspec.typing import Array

MAX_BYTES = 1 << 30
"""A result above this size is no answer to any case, and is not copied."""


def arrays_of(result: Any, returns: int) -> tuple[Array, ...] | str:
    """The arrays in ``result``, or what it is, for a sentence that begins "the call returned".

    Examples
    --------
    >>> arrays_of([1.0, 2.0], 1)
    'a list where a NumPy array is expected; np.asarray(...) makes one'
    """
    if returns == 1:
        read = _array(result)
        return read if isinstance(read, str) else (read,)
    if not issubclass(type(result), tuple) or len(result) != returns:
        return f"{_described(result)} where a tuple of {returns} arrays is expected"
    arrays: list[Array] = []
    for index, item in enumerate(result):
        read = _array(item)
        if isinstance(read, str):
            return f"{_described(result)} whose item {index} is {read}"
        arrays.append(read)
    return tuple(arrays)


def type_name(value: Any) -> str:
    """A type as people write it: ``list``, ``torch.Tensor``, ``numpy.ma.MaskedArray``; ``ndarray`` for NumPy's own.

    Examples
    --------
    >>> type_name(np.zeros(1)), type_name([]), type_name(np.ma.zeros(1))
    ('ndarray', 'list', 'numpy.ma.MaskedArray')
    """
    kind = type(value)
    if kind is np.ndarray or kind.__module__ == "builtins":
        return str(kind.__name__)
    return f"{kind.__module__}.{kind.__qualname__}"


def _array(result: Any) -> Array | str:
    if not issubclass(type(result), np.ndarray):
        return f"{_described(result)} where a NumPy array is expected{_way_out(result)}"
    array = np.asarray(result)
    dtype = array.dtype
    if dtype.hasobject:
        return f"an array of dtype object{_elements(array)} where numbers are expected"
    if dtype.kind not in "biufc" and not (dtype.kind == "V" and dtype.type is not np.void):
        return f"an array of dtype {dtype} where numbers are expected"
    if prod(array.shape) * dtype.itemsize > MAX_BYTES:
        return f"an array of shape {array.shape} and dtype {dtype}, too large to be an answer"
    return array


def _described(value: Any) -> str:
    if value is None:
        return "None"
    if issubclass(type(value), np.generic):
        return f"a NumPy scalar ({value.dtype})"
    if issubclass(type(value), tuple):
        return f"a tuple of {len(value)}"
    if issubclass(type(value), np.ndarray):
        return "one array"
    if _ragged(value):
        return "a ragged list"
    name = type_name(value)
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _ragged(value: Any) -> bool:
    """Whether a list holds rows of unequal length, at any depth."""
    if type(value) is not list:
        return False
    lengths = {len(row) if type(row) is list else -1 for row in value}
    return len(lengths) > 1 or any(_ragged(row) for row in value)


def _way_out(value: Any) -> str:
    if value is None:
        return "; a return statement may be missing"
    if type(value) is list and not _ragged(value):
        return "; np.asarray(...) makes one"
    if hasattr(type(value), "__array__") and not issubclass(type(value), np.generic):
        return "; convert it before returning it"
    return ""


def _elements(array: Array) -> str:
    """What an object array holds: NumPy makes one, on request, of rows of unequal length."""
    kinds = sorted({type(item).__name__ for item in array.ravel()[:100].tolist()})
    ragged = ", rows of unequal length," if kinds and set(kinds) <= {"list", "ndarray", "tuple"} else ""
    return f" ({', '.join(kinds[:3])}){ragged}" if kinds else ""
