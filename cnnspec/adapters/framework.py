"""What the framework adapters share: from a table of calls to an implementation with its claims.

A framework's function is described as plain Python in the framework's own form; its signature says which options it
takes.  A dtype is claimed where a small call with it returns, whatever it returns: that is for the laws to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import TYPE_CHECKING, Any

from cnnspec.adapters.detection import EQUAL, Failed, Probing, attempt, probe_case
from cnnspec.adapters.signatures import read
from cnnspec.adapters.styles import Form, adapt
from cnnspec.cases.arrays import make_arrays
from cnnspec.errors import ShapeError, TargetError
from cnnspec.implementation import Claims, Implementation, OperationClaims, every_dtype
from cnnspec.operations import Operation, find

if TYPE_CHECKING:
    from cnnspec.implementation import PaddingClaim

Function = Callable[..., Any]

SHAPES_ARE_SHARED = (
    "each new shape is compiled: a few drawn cases share one, and the first alone is compared with calls of others"
)
"""What an adapter notes that claims ``compiled``."""


@dataclass(frozen=True, slots=True)
class Call:
    """One framework function: what to call, in which form, what its documentation restricts, how it forms sums."""

    function: Function
    form: Form = field(default_factory=Form)
    padding: PaddingClaim | None = None
    limits: tuple[str, ...] = ()
    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    numerics: Mapping[str, str] = field(default_factory=dict)

    @property
    def unpadded(self) -> bool:
        """Whether the pads of the trial, 1 on either side, are not claimed."""
        return self.padding == "none" or any(limit.startswith("padding_none") for limit in self.limits)


def assemble(
    name: str,
    version: str,
    calls: Mapping[str, Call],
    *,
    through: Callable[[Function], Function] = lambda function: function,
    trial: Callable[[Function], Function] | None = None,
    dialects: Mapping[str, str] | None = None,
    numerics: Mapping[str, str] | None = None,
    compiled: bool = False,
    notes: tuple[str, ...] = (),
) -> Implementation:
    """An implementation from calls by spelled operation name.

    ``through`` wraps a function of the framework's arrays into one of NumPy's, and so does ``trial`` for the calls
    that find out the dtypes, where running them would take too long.  ``numerics`` is what every call declares beside
    its own words, ``compiled`` what it says of them all.
    """
    functions: dict[str, Function] = {}
    claims: dict[str, OperationClaims] = {}
    silent: list[str] = []
    for spelled, call in calls.items():
        operation, rank = find(spelled)
        binding = read(call.function, operation)
        canonical = adapt(call.function, operation, spelled, binding, call.form, rank=rank)
        function = through(canonical)
        options = tuple(option.name for option in operation.options if option.name in binding.options)
        tried = tuple(name for name in binding.options if name != "padding" or not call.unpadded)
        modes = call.choices.get("mode", ())
        if Probing.dtypes:
            dtypes = Probing.dtypes.get(spelled, ())
        else:
            dtypes = accepted((trial or through)(canonical), operation, rank or 2, tried, modes)
        if not dtypes:
            silent.append(spelled)
            continue
        default: PaddingClaim = "asymmetric" if call.form.pads == "pairs" else "symmetric"
        functions[spelled] = function
        claims[spelled] = OperationClaims(
            options, dtypes, call.padding or (default if "padding" in options else "none"), binding.bias,
            call.form.style(options), call.form.uniform(options), call.choices, call.limits,
            {**(numerics or {}), **call.numerics}, compiled,
        )  # fmt: skip
    reason = Probing.off or "each small call raised"
    if silent and not functions:
        raise TargetError(f"{name}: no operation runs with any dtype ({reason})")
    notes += (f"no dtype runs ({reason}), and so not checked: {', '.join(silent)}",) * bool(silent)
    return Implementation(name, version, functions, Claims(claims, dict(dialects or {})), notes)


def fixed(function: Function, **options: Any) -> Function:
    """``function`` with options held at a value, which it no longer takes.

    Examples
    --------
    >>> from inspect import signature
    >>> signature(fixed(lambda x, *, stride, groups: None, groups=1))
    <Signature (x, *, stride)>
    """

    def call(*arrays: Any, **given: Any) -> Any:
        return function(*arrays, **given, **options)

    whole = signature(function)
    kept = [parameter for name, parameter in whole.parameters.items() if name not in options]
    call.__signature__ = whole.replace(parameters=kept)  # type: ignore[attr-defined]
    return call


def check_pads(padding: Any, rank: int) -> None:
    """Raise unless there is a pair for each spatial axis: a library may read fewer numbers in a way of its own.

    Raises
    ------
    ShapeError
        If there are more or fewer.

    Examples
    --------
    >>> check_pads(((1, 2),), 2)
    Traceback (most recent call last):
    ...
    cnnspec.errors.ShapeError: padding needs a pair for each of 2 spatial axes, got ((1, 2),) (ARG-1)
    """
    if len(padding) != rank:
        raise ShapeError(f"padding needs a pair for each of {rank} spatial axes, got {padding} (ARG-1)")


def accepted(
    function: Function, operation: Operation, rank: int, options: tuple[str, ...], modes: tuple[str, ...]
) -> tuple[str, ...]:
    """The dtypes with which a small call returns, in every mode where there are several; however long the first takes,
    for which a library may load or compile.
    """
    with unlimited():
        return _accepted(function, operation, rank, options, modes)


@contextmanager
def unlimited() -> Iterator[None]:
    """Wait for small calls: where a library is slow, its claims must not shrink."""
    before, Probing.seconds = Probing.seconds, None
    try:
        yield
    finally:
        Probing.seconds = before


def _accepted(
    function: Function, operation: Operation, rank: int, options: tuple[str, ...], modes: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(
        dtype
        for dtype in every_dtype(operation)
        if not any(isinstance(_probe(function, operation, rank, options, dtype, m), Failed) for m in modes or (None,))
    )


def _probe(
    function: Function, operation: Operation, rank: int, options: tuple[str, ...], dtype: str, mode: str | None
) -> Any:
    case = probe_case(operation, rank, options, EQUAL, dtype=dtype)
    case = case.with_options(mode=mode) if mode else case
    taken = {name: value for name, value in case.call_options.items() if name in (*options, "padding")}
    return attempt(lambda: function(*make_arrays(case).values(), **taken))
