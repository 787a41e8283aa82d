"""From a case's text to its arrays."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

from cnnspec.cases.fills import values
from cnnspec.cases.layouts import LAYOUTS
from cnnspec.errors import CaseError

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array

_EXTRA = {"bfloat16": np.dtype(ml_dtypes.bfloat16)}


def dtype_of(name: str) -> np.dtype[Any]:
    """The NumPy dtype of that name, ``bfloat16`` included.

    Examples
    --------
    >>> dtype_of("bfloat16").itemsize
    2
    """
    return _EXTRA.get(name) or np.dtype(name)


def make_arrays(case: Case) -> dict[str, Array]:
    """The arrays of a case by name, in the order in which they are passed, each in its memory layout.

    Examples
    --------
    >>> from cnnspec.cases.case import Case
    >>> make_arrays(Case.parse("relu:x=1x1x3,f64,iota"))["x"].tolist()
    [[[1.0, 2.0, 3.0]]]
    """
    return {name: _make(case, name) for name in case.array_shapes}


def _make(case: Case, name: str) -> Array:
    shape, dtype = case.array_shapes[name], dtype_of(case.dtype)
    count = prod(shape)
    if name in case.data:
        flat = np.resize(np.array([_number(text, dtype) for text in case.data[name]], dtype), count)
    else:
        flat = values(case.fill, name, count, case.seed, dtype)
    for index, text in case.pokes.get(name, ()):
        if not 0 <= index < count:
            raise CaseError(f"set.{name}: index {index} is outside the {count} elements of {name}")
        flat[index] = _number(text, dtype)
    return LAYOUTS[case.layouts.get(name, "C")](flat.reshape(shape))


def _number(text: str, dtype: np.dtype[Any]) -> Any:
    if dtype.kind in "iu":
        return int(text)
    return complex(text) if dtype.kind == "c" else float(text)
