"""Finding out how an undeclared function wants to be called, by calling it on a few small inputs.

The probe of a form is a valid call with stride 2, padding 1 and everything else at its default, on integers 1, 2, 3, …;
where that does not give the right shape, the same with stride 1 and a wider window, since a fault may lie on either.
The first form (see :mod:`cnnspec.adapters.styles`) whose call returns the right shape is taken.  Where tuples are the
function's own defaults, no form that gives less is taken unless they make it raise: what is wrong with them is a
finding.  Only shapes are looked at: whether the values are right is for the laws to say.  Where no form gives the right
shape, the same is tried on extents that are all equal, where most wiring faults leave the shape right; then the form of
which the function's own defaults speak, or the first one that does not raise.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import signal
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cnnspec.adapters.styles import Form, adapt, by_defaults, candidates, of_pads, spoken
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case

if TYPE_CHECKING:
    from cnnspec.adapters.signatures import Binding
    from cnnspec.operations import Operation

Sizes = dict[str, tuple[int, ...]]

DISTINCT: Sizes = {"x": (2, 3, 8, 7, 6), "w": (5, 3, 3, 2, 1), "wt": (3, 5, 3, 2, 1)}
"""Extents that all differ, so that a right shape means something; ``wt`` are weights of a transposed convolution."""

GEOMETRIES = ({"stride": 2, "kernel_size": 2}, {"stride": 1, "kernel_size": 3})
"""The windows of the two probes of a form."""

MODES = ("full", "same", "valid")

SQUARE: Sizes = {"x": (2, 3, 8, 8, 8), "w": (5, 3, 3, 3, 3), "wt": (3, 5, 3, 3, 3)}
"""Square images and kernels, of which some functions are made."""

EQUAL: Sizes = {"x": (4, 4, 6, 6, 6), "w": (4, 4, 2, 2, 2), "wt": (4, 4, 4, 4, 4)}
"""Extents under which swapped axes or channels, or a bias on the wrong axis, leave the shape right."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A probe that raised, with what it raised."""

    error: BaseException


class TooLong(BaseException):
    """A probe was called off; not an ``Exception``, so that a target does not catch it."""


class Nowhere(io.TextIOBase):
    """Where what a probe prints goes; a probe that prints without end fills no memory."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)


class Probing:
    """Whether probes are made, and how long one may take: a worker sets this before it loads a target.

    Attributes
    ----------
    off
        Why no probe is made; empty while they are.
    seconds
        The longest that one may take; ``None`` for no limit.  After one that took longer no more is made.
    dtypes
        What an earlier worker found of a framework, by operation; empty in the first one, which has to find it.
    """

    off = ""
    seconds: float | None = None
    dtypes: ClassVar[Mapping[str, tuple[str, ...]]] = {}


def attempt(call: Callable[[], Any]) -> Any:
    """The result of ``call``, or what it raised as :class:`Failed`; what it does beside is dropped or put back."""
    if Probing.off:
        return Failed(TimeoutError(Probing.off))
    folder, process = Path.cwd(), os.getpid()
    with warnings.catch_warnings(), contextlib.redirect_stdout(Nowhere()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            with _alarm():
                return call()
        except TooLong:
            Probing.off = f"a small call took longer than {Probing.seconds:g} s"
            return Failed(TimeoutError(Probing.off))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a target may raise anything, and quit() too
            return Failed(error)
        finally:
            if os.getpid() != process:  # the target forked, and this is the copy: it has no business here
                os._exit(0)
            os.chdir(folder)


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    """Raise :class:`TooLong` in a call that takes too long, where there is a limit; one that hangs in C does not hear
    of it, and ends the process.
    """
    if Probing.seconds is None:
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, Probing.seconds)
    faulthandler.dump_traceback_later(2 * Probing.seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def probe_case(
    operation: Operation,
    rank: int,
    taken: Collection[str],
    sizes: Sizes,
    *,
    dtype: str = "float64",
    bias: bool = False,
    window: Mapping[str, int] = GEOMETRIES[0],
) -> Case:
    """The probe: a case of ``operation`` inside the options ``taken``."""
    wanted: dict[str, Any] = {**window, "padding": (1, 1), "output_size": 2}
    options = {o.name: (wanted[o.name],) * rank for o in operation.options if o.name in wanted and o.name in taken}
    if operation.chapter == "signal":
        shapes = {"x": (7, 6, 5)[:rank], "k": (3, 2, 4)[:rank]}
    else:
        shapes = {"x": sizes["x"][: rank + 2]}
    if "w" in operation.geometry:
        shapes["w"] = sizes["wt" if operation.transposed else "w"][: rank + 2]
    if bias:
        shapes["b"] = (shapes["w"][1 if operation.transposed else 0],)
    return Case.build(operation.spelled(rank), shapes, options, dtype=dtype, fill="iota")


@dataclass
class Detective:
    """One function, and the calls that tell how it wants its arguments."""

    function: Callable[..., Any]
    operation: Operation
    binding: Binding
    without: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """The options that the function takes, those that follow from the geometry included, but those ``without``
        which it is probed.
        """
        every = (*self.operation.derived, *(option.name for option in self.operation.options))
        taken = every if self.binding.any_option else tuple(name for name in every if name in self.binding.options)
        return tuple(name for name in taken if name not in self.without)

    def case(
        self,
        rank: int,
        sizes: Sizes,
        dtype: str = "float64",
        *,
        bias: bool = False,
        window: Mapping[str, int] = GEOMETRIES[0],
    ) -> Case:
        """The probe inside what the function takes; with a ``bias``, or where that is required."""
        bias = bias or self.binding.bias == "required"
        case = probe_case(self.operation, rank, self.options, sizes, dtype=dtype, bias=bias, window=window)
        mode = self.binding.defaults.get("mode")
        return case.with_options(mode=mode) if self.operation.chapter == "signal" and mode in MODES else case

    def run(self, case: Case, form: Form) -> Any:
        """What the function returns for ``case`` with its options in ``form``, or :class:`Failed`."""
        call = adapt(self.function, self.operation, case.op, self.binding, form, rank=case.rank)
        options = {name: value for name, value in case.call_options.items() if name in self.options}
        return attempt(lambda: call(*make_arrays(case).values(), **options))

    def first(self, case: Case, form: Form) -> Any:
        """The first result as an array, or :class:`Failed`."""
        result = self.run(case, form)
        if isinstance(result, tuple) and len(self.operation.returns) > 1 and result:
            result = result[0]
        return result if isinstance(result, Failed) else attempt(lambda: np.asarray(result))

    def find_form(self, rank: int) -> tuple[Form, bool]:
        """The form to use, and whether its call gave the right shape; where every form raised, that of the defaults."""
        forms = list(candidates(self.operation, self.options, rank))
        quiet: list[Form] = []
        for sizes in (DISTINCT, SQUARE, EQUAL):
            cases = list(dict.fromkeys(self.case(rank, sizes, window=window) for window in GEOMETRIES))
            for form in forms:
                fits = self.fits(cases, form)
                if fits:
                    return self._as_spoken(form, forms, cases), True
                quiet += [form] * (fits is False)
        told = by_defaults(self.operation, self.options, self.binding.defaults, rank)
        best = self._right_without_padding(rank, forms) or quiet
        return (told if told in best or not best else self._as_spoken(best[0], quiet, cases)), False

    def fits(self, cases: list[Case], form: Form) -> bool | None:
        """Whether a form gives the right shape on one of these cases; ``None`` where it raises on all."""
        returned = False
        for case in cases:
            result = self.first(case, form)
            if not isinstance(result, Failed) and result.shape == case.output_shape:
                return True
            returned |= not isinstance(result, Failed)
        return False if returned else None

    def _as_spoken(self, form: Form, forms: list[Form], cases: list[Case]) -> Form:
        """The form, or the first of these that gives as much as the tuples among the defaults and does not raise."""
        defaults, rank = self.binding.defaults, cases[0].rank
        if spoken(form, defaults, rank):
            return form
        pads = of_pads(defaults.get("padding"), rank)
        own = (f for f in forms if spoken(f, defaults, rank) and pads in (None, f.pads))
        return next((f for f in own if self.fits(cases, f) is not None), form)

    def _right_without_padding(self, rank: int, forms: list[Form]) -> list[Form]:
        """The forms that give the right shape where nothing is padded, those whose padding is one int first."""
        if "padding" not in self.options:
            return []
        case = self.case(rank, DISTINCT).with_options(padding=((0, 0),) * rank)
        right = [f for f in forms if not isinstance(y := self.first(case, f), Failed) and y.shape == case.output_shape]
        return sorted(right, key=lambda form: ("int", "ints", "pair", "pairs").index(form.pads))

    def find_dtypes(self, rank: int, form: Form) -> tuple[tuple[str, ...], str]:
        """The float dtypes to claim, those that come back as they went in, and a note where that is not both."""
        seen = {}
        for dtype in ("float64", "float32"):
            result = self.first(self.case(rank, EQUAL, dtype), form)
            seen[dtype] = "" if isinstance(result, Failed) else result.dtype.name
        kept = tuple(dtype for dtype, back in seen.items() if dtype == back)
        if len(kept) == len(seen) or not any(seen.values()):
            return tuple(seen), ""
        others = [f"{d} gives {back}" if back else f"{d} raises" for d, back in seen.items() if d not in kept]
        kept = kept or ("float64",)
        return kept, f"{kept[0]} alone, since {' and '.join(others)}"

    def find_words(self, option: str, words: tuple[str, ...], rank: int, form: Form) -> tuple[str, ...]:
        """The values of a word option that do not raise."""
        case = self.case(rank, DISTINCT)
        return tuple(w for w in words if not isinstance(self.run(case.with_options(**{option: w}), form), Failed))


def unreached(detective: Detective, rank: int) -> str:
    """Why a function cannot be called: it works, but none of the forms reaches its options; empty where one does.

    A function that raises with its arrays alone, or only where something is padded, is reached, and is wrong.
    """
    forms = list(candidates(detective.operation, detective.options, rank))
    cases = [detective.case(rank, sizes, window=window) for sizes in (DISTINCT, SQUARE, EQUAL) for window in GEOMETRIES]
    if "padding" in detective.options:
        cases.append(cases[1].with_options(padding=((0, 0),) * rank))
    if Probing.off or any(detective.fits(cases, form) is not None for form in forms):
        return ""
    needed = ("kernel_size", "output_size")  # which a call of the operation has, whatever the defaults are
    optional = tuple(n for n in detective.options if n in detective.binding.defaults and n not in needed)
    alone = replace(detective, without=(*detective.without, *optional))
    plain = [alone.case(rank, sizes) for sizes in (DISTINCT, SQUARE)]
    if not optional or not any(alone.fits(plain, form) for form in candidates(alone.operation, alone.options, rank)):
        return ""
    own = ", ".join(f"{name}={detective.binding.defaults[name]!r}" for name in optional)
    known = "one int, one int per axis" + ", (lo, hi) pairs for padding" * ("padding" in optional)
    return (
        f"it could not be plugged in: with {own} as its own defaults it answers, and it raises on its options in every"
        f" form that is tried ({known}): {last_error(detective, rank, forms[0])}"
    )


def last_error(detective: Detective, rank: int, form: Form) -> str:
    """What the probe raised, in one line."""
    result = detective.run(detective.case(rank, DISTINCT), form)
    return f"{type(result.error).__name__}: {result.error}" if isinstance(result, Failed) else ""
