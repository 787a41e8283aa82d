"""One call of a target, and everything that can be seen of it: results, refusal, side effects."""

from __future__ import annotations

import os
import sysconfig
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from linecache import getline
from math import prod
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import UNDER_WAY
from cnnspec.errors import CnnspecError
from cnnspec.harness.memory import poison, storage, twin
from cnnspec.harness.results import arrays_of, type_name
from cnnspec.harness.state import watched
from cnnspec.implementation import Facts, Implementation, Observation

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array

LONGEST_MESSAGE = 300

KEPT, MOST_BYTES = 8, 2**20
"""So many results, up to this size, are kept as the target gave them, to see whether later calls change them."""

_EARLIER: deque[tuple[Implementation, tuple[Array, ...], tuple[Array, ...]]] = deque(maxlen=KEPT)

LIBRARIES = (str(Path(__file__).parents[1]), *(sysconfig.get_path(word) for word in ("stdlib", "purelib", "platlib")))
"""Folders whose code is not the author's."""


def observe_case(
    implementation: Implementation, case: Case, *, repeat: bool = False, before: Case | None = None
) -> Observation:
    """Call the target as ``case`` says, after leaving NaN in the memory that its result may be put into.

    With ``before``, a case of the same shapes, the target is called on that one first; then the data of ``case`` are
    written into the very same arrays, as a training step does with its weights, and this second call is observed.
    """
    arrays = make_arrays(case)
    if before is not None:
        earlier = make_arrays(before)
        with watched():
            _call(implementation, before.op, earlier, before.call_options)
        for name, array in arrays.items():
            if earlier[name].flags.writeable:
                earlier[name][...] = array
                arrays[name] = earlier[name]
    size = prod(case.output_shape) * next(iter(arrays.values())).itemsize if case.valid else 0
    returns = len(case.operation.returns)
    said = UNDER_WAY.set(str(case))
    try:
        return observe(
            implementation, case.op, arrays, case.call_options, returns=returns, repeat=repeat, result_bytes=size
        )
    finally:
        UNDER_WAY.reset(said)


def observe(
    implementation: Implementation,
    op: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    *,
    returns: int,
    repeat: bool = False,
    result_bytes: int = 0,
) -> Observation:
    """Call ``implementation.functions[op](*arrays, **options)`` once, or twice on equal arguments.

    Parameters
    ----------
    implementation
        The target.
    op
        The operation's spelled name, ``conv2d``.
    arrays
        The arguments by name, in the order in which they are passed.
    options
        The options in canonical form.
    returns
        How many arrays the operation returns.
    repeat
        Whether to call a second time, on fresh arguments equal to the first in values and layout.
        ``Facts.repeat_differs`` then says whether the second result differs in a bit, or lies in the first one's
        memory; ``Facts.repeat_reuses`` the latter alone; ``Facts.earlier_changed`` whether a result of one of the last
        calls that were repeated is another one now.
    result_bytes
        The size of the result that is expected; freed memory of that size is filled with NaN before each call.

    Returns
    -------
    Observation
        Its outputs are copies: nothing that the target does later changes them.
    """
    memories = {name: storage(array) for name, array in arrays.items()}
    contents = {name: memory.tobytes() for name, memory in memories.items()}
    twins = {name: twin(array) for name, array in arrays.items()} if repeat else {}
    with watched() as changed:
        poison(result_bytes)
        own = _call(implementation, op, arrays, options)
        seen = own if isinstance(own, Observation) else _read(own, returns)
        aliases = [n for n, m in memories.items() if any(np.may_share_memory(y, m) for y in seen.outputs)]
        copies = tuple(np.array(y) for y in seen.outputs)
        differs, reused = None, False
        if repeat and seen.kind == "returned":
            poison(result_bytes)
            again = _call(implementation, op, twins, options)
            second = again if isinstance(again, Observation) else _read(again, returns)
            differs = second.kind != "returned" or not _equal(copies, second.outputs)
            reused = any(np.may_share_memory(a, b) for a in seen.outputs for b in second.outputs)
            differs = differs or reused or not _equal(copies, seen.outputs)
    earlier = repeat and any(who is implementation and not _equal(a, b) for who, a, b in _EARLIER)
    if differs is False and not aliases and sum(a.nbytes for a in copies) <= MOST_BYTES:
        _EARLIER.append((implementation, seen.outputs, copies))
    facts = Facts(
        inputs_changed=tuple(name for name, memory in memories.items() if memory.tobytes() != contents[name]),
        aliases=tuple(aliases),
        repeat_differs=differs,
        repeat_reuses=reused,
        earlier_changed=earlier,
        state_changed=tuple(changed),
        result_type=seen.facts.result_type,
    )
    return replace(seen, outputs=copies, facts=facts)


def _call(implementation: Implementation, op: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Any:
    """What the target returned, or the observation of how it ended otherwise."""
    function = implementation.functions.get(op)
    if function is None:
        return Observation("unsupported", category="unsupported", message=f"{implementation.name} has no {op}")
    process = os.getpid()
    try:
        return function(*arrays.values(), **options)
    except SystemExit as end:
        return Observation("crashed", message=f"called sys.exit({_text(end)}) in mid-call")
    except Exception as error:  # noqa: BLE001  a target may raise anything
        return raised(error)
    finally:
        if os.getpid() != process:  # the target forked, and this is the copy: it has no business here
            os._exit(0)


def raised(error: BaseException) -> Observation:
    """What a target's exception says: a refusal of one category, or "not offered".

    Examples
    --------
    >>> raised(ValueError("stride must be >= 1")).category, raised(NotImplementedError("groups")).kind
    ('value', 'unsupported')
    """
    message = f"{type(error).__name__}: {_text(error)}".removesuffix(": ") + _place(error)
    if isinstance(error, NotImplementedError):
        return Observation("unsupported", category="unsupported", message=message)
    category = error.category if isinstance(error, CnnspecError) else "error"
    if category == "error":
        category = "value" if isinstance(error, ValueError) else "type" if isinstance(error, TypeError) else "error"
    return Observation("raised", category=category, message=message)


def _place(error: BaseException) -> str:
    """Where in the author's own code an exception came up: not in this package, nor in a library."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    own = [(file, line) for file, line in frames if not file.startswith(LIBRARIES)]
    if not own or isinstance(error, NotImplementedError | CnnspecError):
        return ""
    file, line = own[-1]
    code = getline(file, line).strip()[:LONGEST_MESSAGE]
    return f", at line {line} of {Path(file).name}: {code}" if code else ""


def _text(error: BaseException) -> str:
    """The first line of an exception's text; making it is the target's own code, which may raise again."""
    try:
        return next(iter(str(error).splitlines()), "")[:LONGEST_MESSAGE]
    except Exception:  # noqa: BLE001
        return "(its text cannot be read)"


def _read(result: Any, returns: int) -> Observation:
    """A result as arrays, or what it is instead."""
    try:
        read = arrays_of(result, returns)
        names = {type_name(item) for item in ((result,) if returns == 1 or isinstance(read, str) else result)}
        facts = Facts(result_type=min(names - {"ndarray"}, default="ndarray"))
    except Exception as error:  # noqa: BLE001  the result's type may be anything
        return Observation("malformed", message=f"something that cannot be read: {raised(error).message}")
    if isinstance(read, str):
        return Observation("malformed", message=read, facts=facts)
    return Observation("returned", outputs=read, facts=facts)


def _equal(first: tuple[Array, ...], second: tuple[Array, ...]) -> bool:
    """Whether results are the same in dtype, shape and every bit, NaN's payload and the sign of zero included."""
    return all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(first, second, strict=True)
    )
