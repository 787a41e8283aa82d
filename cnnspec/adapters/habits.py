"""What functions do beside their operation, found out by small calls and taken off: results in other wrappings, numbers
one at a time, arrays that must lie forward in memory.

| habit | what is done |
|---|---|
| returns ``(out, cache)`` | ``out`` is checked |
| returns nested lists, or a ``torch.Tensor`` | it is made an array |
| takes one number at a time, as a first ``relu`` does | it is called for each element |
| raises on negative strides, as ``torch.from_numpy`` does | it gets a copy of such an array |

Each is a note, and each is taken off only where the small call shows it: what a function does now and then stays as it
is, for the laws to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import product
from typing import Any

import numpy as np

from cnnspec.adapters.detection import DISTINCT, EQUAL, Detective, Failed, attempt
from cnnspec.adapters.results import unwrapped, words_of, wrapping_of
from cnnspec.adapters.signatures import Mismatch, read
from cnnspec.adapters.styles import adapt, candidates
from cnnspec.cases.arrays import make_arrays
from cnnspec.operations import find

Function = Callable[..., Any]


def without_habits(function: Function, spelled: str, notes: list[str]) -> Function:
    """``function`` without what it does beside its operation; each habit found is noted.

    Examples
    --------
    >>> notes = []
    >>> relu = without_habits(lambda x: (np.maximum(x, 0), "cache"), "relu", notes)
    >>> relu(np.array([-1, 2])).tolist(), notes
    ([0, 2], ['relu: it returns 2 results, and the first is checked (detected)'])
    """
    for habit in (_one_number, _wrapping, _forward_alone):
        if found := habit(function, spelled):
            function, words = found
            notes.append(f"{spelled}: {words} (detected)")
    return function


def _calls(function: Function, spelled: str) -> Iterator[Function]:
    """Small calls of ``function``, in every form of its options."""
    operation, rank = find(spelled)
    try:
        detective = Detective(function, operation, read(function, operation))
    except Mismatch:
        return
    ranks = (rank,) if rank else (1, 2) if operation.chapter == "signal" else (2,)
    for sizes, axes in product((DISTINCT, EQUAL), ranks):
        case = detective.case(axes, sizes)
        options = {name: value for name, value in case.call_options.items() if name in detective.options}
        for form in candidates(operation, detective.options, case.rank):
            call = adapt(function, operation, spelled, detective.binding, form, rank=case.rank)
            yield partial(_call, call, list(make_arrays(case).values()), options)


def _call(call: Function, arrays: list[Any], options: dict[str, Any], change: Function = np.copy) -> Any:
    return attempt(partial(call, *(change(array) for array in arrays), **options))


def _one_number(function: Function, spelled: str) -> tuple[Function, str] | None:
    """A function of arrays out of one that takes a number: it raises on arrays, and answers numbers with a number."""
    if find(spelled)[0].chapter != "activation" or not all(
        isinstance(call(), Failed) for call in _calls(function, spelled)
    ):
        return None
    if not all(isinstance(attempt(partial(function, value)), int | float) for value in (-1.5, 2.5)):
        return None

    @wraps(function)
    def elementwise(x: Any) -> Any:
        y = [function(value) for value in x.ravel()]
        return np.array(y, x.dtype).reshape(x.shape)

    return elementwise, "it takes one number, and is called for each element"


def _wrapping(function: Function, spelled: str) -> tuple[Function, str] | None:
    """A function that returns the array alone, out of one that wraps it."""
    result = next((y for call in _calls(function, spelled) if not isinstance(y := call(), Failed)), None)
    wrapping = wrapping_of(result, len(find(spelled)[0].returns))
    return (unwrapped(function, wrapping), words_of(wrapping)) if wrapping else None


def _forward_alone(function: Function, spelled: str) -> tuple[Function, str] | None:
    """A function that copies arrays of negative strides before one that raises on them."""
    call = next((call for call in _calls(function, spelled) if not isinstance(call(), Failed)), None)
    if call is None or not isinstance(call(_backward), Failed):
        return None

    @wraps(function)
    def copied(*arrays: Any, **options: Any) -> Any:
        forward = [a.copy() if isinstance(a, np.ndarray) and min(a.strides, default=0) < 0 else a for a in arrays]
        return function(*forward, **options)

    return copied, "it raises on arrays with negative strides, and gets copies of them"


def _backward(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values, last element first in memory."""
    return np.ascontiguousarray(array[..., ::-1])[..., ::-1]
