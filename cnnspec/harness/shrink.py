"""Making a failing case small enough to check in the head: geometry first, then data.

Each step proposes a simpler case and keeps it if the same law still fails on it in the same way.  The proposals are
made from what a case means, not from the choices that drew it, so that two failing cases of one fault end at the
same small case whatever their origin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.cases.fills import INTEGER_FILLS, split
from cnnspec.operations import Option

MOST_TRIES = 400
FEW_SEEDS = 40
"""Laws call further on one case in so many at most."""

TELLING = 50
"""Integers of this size seldom hide a fault on a small case; they are made small last."""

MOST_ELEMENTS = 48
"""Arrays up to this size are spelled out element by element."""


def shrink(case: Case, fails: Callable[[Case], bool], *, tries: int = MOST_TRIES, steps: int = MOST_TRIES) -> Case:
    """The smallest case found on which ``fails`` still holds.

    Parameters
    ----------
    case
        A case on which it holds.
    fails
        Whether the same law fails in the same way; only asked about valid cases.
    tries
        How many cases to try at most.
    steps
        How many of them may fail: where each is waited for until its time is up, they are what takes long.
    """
    left = tries
    for proposals in (_boldly, _geometry, _filling, _values, _constants, _seeds):
        improved = True
        while improved and left > 0 and steps > 0:
            improved = False
            for proposal in proposals(case):
                if left <= 0:
                    break
                if not proposal.valid:
                    continue
                simpler = _with_places_inside(proposal)
                if simpler == case:
                    continue
                left -= 1
                if fails(simpler):
                    case, improved, steps = simpler, True, steps - 1
                    break
    return case


def _with_places_inside(case: Case) -> Case:
    """The case with its single values moved into arrays that became smaller."""
    sizes = {name: prod(shape) for name, shape in case.array_shapes.items()}
    if all(place < sizes[name] for name, pokes in case.pokes.items() for place, _ in pokes):
        return case
    pokes = {
        name: tuple({place % sizes[name]: v for place, v in p}.items()) for name, p in case.pokes.items() if sizes[name]
    }
    return replace(case, pokes=pokes)


def _boldly(case: Case) -> Iterator[Case]:
    """What a fault that shows on every call needs: nothing.  Found in one step where every try is dear."""
    shapes = {name: tuple(min(n, 1) for n in shape) for name, shape in case.shapes.items() if name != "b"}
    options = {option.name: _simplest(option, case) for option in case.operation.options}
    yield replace(case, shapes=shapes, options=options, layouts={}, pokes={}, data={})
    if "groups" not in options:
        yield case.with_shapes(**shapes)
    yield case.with_options(**{name: value for name, value in options.items() if name != "groups"})


def _simplest(option: Option, case: Case) -> Any:
    """The simplest value of an option that is per axis; the default, where there is one, of any other."""
    value = case.options[option.name]
    if option.kind == "per_axis":
        return (0 if option.name == "output_padding" else 1,) * len(value)
    if option.kind == "pairs":
        return ((0, 0),) * len(value)
    return value if option.default is ... else option.default


def _geometry(case: Case) -> Iterator[Case]:
    kind, bound = split(case.fill)
    if kind in INTEGER_FILLS and (kind != "ints" or bound < TELLING):
        # Small integers agree by chance when few of them are left.
        yield replace(case, fill=f"ints:{TELLING}")
    if case.layouts:
        yield replace(case, layouts={})
        for name in case.layouts:
            yield replace(case, layouts={n: layout for n, layout in case.layouts.items() if n != name})
    if "b" in case.shapes:
        yield replace(case, shapes={n: s for n, s in case.shapes.items() if n != "b"},
                      data={n: v for n, v in case.data.items() if n != "b"})  # fmt: skip
    if case.operation.chapter != "signal":
        yield from _channels(case)
    yield from _options(case)
    yield from _extents(case)


def _channels(case: Case) -> Iterator[Case]:
    x, w = case.shapes["x"], case.shapes.get("w")
    for n in {1, x[0] // 2, x[0] - 1} - {0, x[0]} if x[0] > 1 else ():
        yield case.with_shapes(x=(n, *x[1:]))
    if w is None:
        for c in sorted({1, x[1] // 2, x[1] - 1} - {0, x[1]}) if x[1] > 1 else ():
            yield case.with_shapes(x=(x[0], c, *x[2:]))
        return
    groups = case.options["groups"]
    transposed = case.operation.transposed
    per_in, per_out = x[1] // groups, (w[1] if transposed else w[0] // groups)
    for g in (1, 2, groups - 1):
        if 0 < g < groups:
            yield _regroup(case, g, per_in, per_out, transposed)
    for smaller in (1, per_in // 2, per_in - 1):
        if 0 < smaller < per_in:
            yield _regroup(case, groups, smaller, per_out, transposed)
    for smaller in (1, per_out // 2, per_out - 1):
        if 0 < smaller < per_out:
            yield _regroup(case, groups, per_in, smaller, transposed)


def _regroup(case: Case, groups: int, per_in: int, per_out: int, transposed: bool) -> Case:
    x, w = case.shapes["x"], case.shapes["w"]
    c, o = groups * per_in, groups * per_out
    shapes = {"x": (x[0], c, *x[2:]), "w": (c, per_out, *w[2:]) if transposed else (o, per_in, *w[2:])}
    if "b" in case.shapes:
        shapes["b"] = (o,)
    return case.with_options(groups=groups).with_shapes(**shapes)


def _options(case: Case) -> Iterator[Case]:
    for option in case.operation.options:
        value = case.options[option.name]
        if option.kind in ("bool", "word", "number") and option.default is not ... and value != option.default:
            yield case.with_options(**{option.name: option.default})
        if option.kind not in ("per_axis", "pairs"):
            continue
        simplest = _simplest(option, case)
        yield case.with_options(**{option.name: simplest})
        for axis, item in enumerate(value):
            for simpler in _simpler(item, simplest[axis]):
                yield case.with_options(**{option.name: (*value[:axis], simpler, *value[axis + 1 :])})
                if option.name == "kernel_size" and case.options.get("stride") == value:
                    both = (*value[:axis], simpler, *value[axis + 1 :])
                    yield case.with_options(kernel_size=both, stride=both)


def _simpler(item: int | tuple[int, int], simplest: int | tuple[int, int]) -> Iterator[int | tuple[int, int]]:
    if isinstance(item, tuple):
        lo, hi = item
        if item != (0, 0):
            yield from [(0, 0), (lo, 0), (0, hi), (_toward_zero(lo), hi), (lo, _toward_zero(hi))]
    elif isinstance(simplest, int) and item > simplest:
        yield simplest
        if item > simplest + 1:
            yield item - 1


def _toward_zero(p: int) -> int:
    return p - (p > 0) + (p < 0)


def _extents(case: Case) -> Iterator[Case]:
    for name in ("x", "w", "k"):
        shape = case.shapes.get(name, ())
        start = 0 if case.operation.chapter == "signal" else 2
        for axis in range(start, len(shape)):
            for smaller in sorted({1, shape[axis] // 2, shape[axis] - 1} - {0, shape[axis]}):
                if smaller < shape[axis]:
                    yield case.with_shapes(**{name: (*shape[:axis], smaller, *shape[axis + 1 :])})
    # A kernel and an input that only shrink together.
    x, w = case.shapes["x"], case.shapes.get("w")
    if w is not None:
        for n in range(1, max(w[2:])):
            yield case.with_shapes(x=(*x[:2], *(min(n, e) for e in x[2:])), w=(*w[:2], *(min(n, k) for k in w[2:])))
        for axis in range(2, len(x)):
            if x[axis] > 1 and w[axis] > 1:
                yield case.with_shapes(
                    x=(*x[:axis], x[axis] - 1, *x[axis + 1 :]), w=(*w[:axis], w[axis] - 1, *w[axis + 1 :])
                )


def _filling(case: Case) -> Iterator[Case]:
    kind, bound = split(case.fill)
    for poked, places in case.pokes.items():
        if len(places) > 1:
            for place in places:
                yield replace(case, pokes={**case.pokes, poked: (place,)})
        yield replace(case, pokes={n: p for n, p in case.pokes.items() if n != poked})
    if kind not in INTEGER_FILLS:
        yield from (replace(case, fill=simpler) for simpler in ("ints:1", "ints:3", "negative:3"))
    if kind in ("ints", "negative"):
        for smaller in (1, 2, 3, 8):
            if smaller < bound:
                yield replace(case, fill=f"{kind}:{smaller}")


def _values(case: Case) -> Iterator[Case]:
    if split(case.fill)[0] not in INTEGER_FILLS or sum(map(prod, case.array_shapes.values())) > MOST_ELEMENTS:
        return
    if {name for name, shape in case.array_shapes.items() if prod(shape)} - set(case.data):
        yield _spelled(case)
        return
    for name, texts in case.data.items():
        if set(texts) - {"0", "1"}:
            yield replace(case, data={**case.data, name: ("1",) * len(texts)})
        for simple in ("0", "1"):
            for at, text in enumerate(texts):
                if text not in ("0", simple):
                    yield replace(case, data={**case.data, name: (*texts[:at], simple, *texts[at + 1 :])})


def _constants(case: Case) -> Iterator[Case]:
    """One number throughout each array, on the simplest geometries: what one element shows needs no others."""
    if set(case.data) < set(case.array_shapes):
        return
    for simpler in _boldly(case):
        if simpler.valid and simpler.array_shapes != case.array_shapes:
            sizes = {name: prod(shape) for name, shape in simpler.array_shapes.items() if prod(shape)}
            few = ("1", "0") if case.dtype.startswith("u") else ("1", "0", "-1")
            for numbers in product(few, repeat=len(sizes)):
                data = {name: (v,) * n for (name, n), v in zip(sizes.items(), numbers, strict=True)}
                yield replace(simpler, data=data)


def _seeds(case: Case) -> Iterator[Case]:
    """Smaller seeds, where the seed fills nothing and only chooses what a law calls further."""
    if set(case.data) >= {name for name, shape in case.array_shapes.items() if prod(shape)}:
        yield from (replace(case, seed=seed) for seed in range(min(case.seed, FEW_SEEDS)))


def _spelled(case: Case) -> Case:
    """The case with every element written out; single values set over the fill stay apart."""
    plain = replace(case, pokes={})
    texts = {name: tuple(_text(v) for v in a.ravel().tolist()) for name, a in make_arrays(plain).items() if a.size}
    return replace(case, data=texts)


def _text(value: complex) -> str:
    if isinstance(value, complex):
        return str(int(value.real)) if value.imag == 0 else str(value).strip("()")
    return str(int(value))
