"""What functions do beside their operation, found out by small calls and taken off: results in other wrappings, numbers
one at a time, arrays that must lie forward in memory.

| habit | what is done |
|---|---|
| returns ``(out, cache)`` | ``out`` is checked |
| returns nested lists, or a ``torch.Tensor`` | it is made an array |
| takes one number at a time, as a first ``relu`` does | it is called for each element |
| takes ``"valid"`` or ``"same"`` for its padding, and no numbers | it is called with ``"valid"`` |
| raises on negative strides, as ``torch.from_numpy`` does | it gets a copy of such an array |

Each is a note, and each is taken off only where the small call shows it: what a function does now and then stays as it
is, for the laws to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, wraps
from inspect import Signature, signature
from typing import Any

import numpy as np

from cnnspec.adapters.detection import DISTINCT, EQUAL, Detective, Failed, attempt
from cnnspec.adapters.signatures import ALIASES, Mismatch, read
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
    for habit in (_word_for_padding, _one_number, _wrapping, _forward_alone):
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
    for sizes in (DISTINCT, EQUAL):
        case = detective.case(rank or (1 if operation.chapter == "signal" else 2), sizes)
        options = {name: value for name, value in case.call_options.items() if name in detective.options}
        for form in candidates(operation, detective.options):
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
    if isinstance(result, tuple) and result and len(find(spelled)[0].returns) == 1 and _arraylike(result[0]):
        count = len(result)
        words = f"it returns {count} results, and the first is checked"

        def taken(y: Any) -> Any:
            return y[0] if isinstance(y, tuple) and len(y) == count else y
    elif isinstance(result, list) and np.size(attempt(lambda: np.asarray(result, float))) > 1:
        words = "it returns a list, of which an array is made"

        def taken(y: Any) -> Any:
            return np.asarray(y) if isinstance(y, list) and not isinstance(attempt(lambda: np.array(y)), Failed) else y
    elif _is_tensor(result):
        words = "it returns a torch.Tensor, of which an array is made"

        def taken(y: Any) -> Any:
            return y.detach().numpy() if _is_tensor(y) else y
    else:
        return None

    @wraps(function)
    def unwrapped(*arrays: Any, **options: Any) -> Any:
        return taken(function(*arrays, **options))

    return unwrapped, words


def _word_for_padding(function: Function, spelled: str) -> tuple[Function, str] | None:
    """A function without padding, out of one whose padding is a word and that takes no numbers for it."""
    try:
        parameters = signature(function).parameters
    except (ValueError, TypeError):
        return None
    word = next((p for p in parameters.values() if p.name in ("padding", *ALIASES["padding"])), None)
    if word is None or not isinstance(word.default, str) or word.kind is word.POSITIONAL_ONLY:
        return None
    valid = "VALID" if word.default.isupper() else "valid"
    without = partial(function, **{word.name: valid})
    rest = [p for p in parameters.values() if p is not word]
    after = next((i for i, p in enumerate(parameters.values()) if p is word), 0)
    rest = [p.replace(kind=p.KEYWORD_ONLY) if i >= after and p.kind is p.POSITIONAL_OR_KEYWORD else p
            for i, p in enumerate(rest)]  # fmt: skip
    without.__signature__ = Signature(rest)  # type: ignore[attr-defined]
    if _succeeds(function, spelled) or not _succeeds(without, spelled):
        return None
    return without, f"{word.name} is a word, and {valid!r} alone is checked"


def _succeeds(function: Function, spelled: str) -> bool:
    return any(not isinstance(call(), Failed) for call in _calls(function, spelled))


def _arraylike(value: Any) -> bool:
    return isinstance(value, np.ndarray) or _is_tensor(value)


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


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
