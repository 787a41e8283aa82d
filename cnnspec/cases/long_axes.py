"""Cases that are run whatever the dice say: one extent is long, and all the others are short.

Code that is fast treats long extents in other ways than short ones: in tiles, in vectors with a tail, shared out to
threads, with indices that may be too narrow.  What is drawn is small, since every extent is drawn anew and their
product is work, so that such code is seldom reached.  Here one extent at a time is longer than tiles and vectors are,
and all the others are short: batch, channels, groups, each axis, kernel, stride, dilation, pads, a plane.

Where each shape is compiled, two dimensions have all of them, and one and three each every other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cnnspec.cases.case import Case
from cnnspec.cases.claimed import inside, usual_dtype
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.implementation import OperationClaims
    from cnnspec.typing import Shape

MANY, MORE, MOST, EVEN = 67, 259, 1031, 64
"""A little more than 64, than 256 where indices of 8 bits end, and than 1024 threads; and a power of two."""

INPUTS: dict[int, tuple[Shape, ...]] = {
    1: ((1031,), (4099,)), 2: ((259, 3), (3, 1031), (67, 62)), 3: ((259, 2, 3), (2, 3, 259), (17, 16, 16)),
}  # fmt: skip
"""One long axis, at either end, and more than 4096 elements."""

INDEXED = ((182, 181),)
"""A plane whose last index needs more than 15 bits."""

RESIZED = (
    ((36, 30), (28, 22)), ((30, 36), (22, 28)), ((8, 26), (28, 22)), ((26, 8), (22, 28)),
    ((259, 3), (67, 2)), ((3, 259), (2, 258)),
)  # fmt: skip
"""Inputs and outputs of adaptive windows; in the first row a quotient in floats, 64 or 32 bits, misplaces a bound."""

SIGNALS: tuple[tuple[Shape, Shape], ...] = (((131,), (67,)), ((3,), (259,)), ((37, 3), (2, 17)), ((71, 12), (9, 10)))

Geometry = tuple[dict[str, "Shape"], dict[str, Any]]


class Layer(NamedTuple):
    """A layer in two dimensions; in one it is its last axis, in three there is a short axis before them."""

    n: int = 2
    c: int = 2
    o: int = 3
    groups: int = 1
    extents: tuple[int, int] = (3, 4)
    kernel: tuple[int, int] = (2, 3)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    dilation: tuple[int, int] = (1, 1)


CHANNELLED = (
    Layer(c=MOST, extents=(2, 3), kernel=(1, 2)),
    Layer(o=MOST, extents=(2, 3), kernel=(1, 2)),
    Layer(c=MANY, o=2 * MANY, groups=MANY, extents=(2, 3), kernel=(1, 2)),
    Layer(c=EVEN, o=EVEN, n=1, extents=(2, 3), kernel=(1, 1)),
    Layer(c=1, o=2, n=1, padding=((17, 0), (0, 18))),
    Layer(c=16, o=17, n=1, extents=(5, 6), kernel=(3, 3), padding=((1, 1), (1, 1))),
)
WINDOWED = (
    Layer(n=MORE),
    Layer(n=1, extents=(33, 3), kernel=(16, 2)),
    Layer(n=1, extents=(3, 71), kernel=(2, MANY)),
    Layer(extents=(24, 31), kernel=(12, 13), stride=(9, 11), padding=((6, 0), (0, 6))),
    Layer(extents=(25, 31), kernel=(3, 2), dilation=(9, 13), padding=((1, 0), (0, 1))),
)


def long_axes(op: str, claim: OperationClaims) -> list[Case]:
    """The cases of an operation inside a claim, with small integers.

    Examples
    --------
    >>> from cnnspec.implementation import full_claims
    >>> for case in long_axes("global_max_pool", full_claims(find("global_max_pool")[0])):
    ...     print(case)
    global_max_pool:x=259x2x3x4,f32,ints:3,seed=1
    global_max_pool:x=2x1031x3x4,f32,ints:3,seed=2
    global_max_pool:x=1x1x259x3,f32,ints:3,seed=3
    global_max_pool:x=1x1x3x1031,f32,ints:3,seed=4
    global_max_pool:x=1x1x67x62,f32,ints:3,seed=5
    """
    operation, rank = find(op)
    dtype = usual_dtype(claim)
    names = {option.name for option in operation.options}
    found = []
    for seed, (shapes, options) in enumerate(_geometries(op, rank or 2), start=1):
        if claim.compiled and rank in (1, 3) and (seed - rank // 2) % 2:
            continue
        if "b" in operation.optional and claim.bias != "no":
            shapes["b"] = (shapes["w"][0] if operation.name == "conv" else shapes["w"][1] * options.get("groups", 1),)
        known = {name: value for name, value in options.items() if name in names & set(claim.options)}
        found.append(Case.build(op, shapes, known, dtype=dtype, fill="ints:3", seed=seed))
    return inside(found, claim)


def _geometries(op: str, rank: int) -> Iterator[Geometry]:
    operation = find(op)[0]
    names = {option.name for option in operation.options}
    if operation.chapter == "signal":
        yield from (({"x": x, "k": k}, {}) for x, k in SIGNALS)
    elif "w" in operation.geometry:
        yield from (_layer(layer, rank, "transpose" in op) for layer in WINDOWED + CHANNELLED)
        yield from (_layer(Layer(n=1, c=1, o=2), rank, "transpose" in op, extents) for extents in INPUTS[rank])
    elif "kernel_size" in names:
        yield from (_pool(layer, rank) for layer in (*WINDOWED, Layer(c=MOST)))
        more = INDEXED if operation.name == "max_pool_with_indices" and rank == 2 else ()
        yield from (_pool(Layer(n=1, c=1, stride=(1, 2)), rank, extents) for extents in (*INPUTS[rank], *more))
    elif "output_size" in names:
        for x, m in RESIZED:
            yield {"x": (2, 2, *_axes(x, rank, 3))}, {"output_size": _axes(m, rank, 2)}
    else:
        short = _axes((3, 4), rank, 2)
        pads = {"padding": _axes(((2, 0), (1, 3)), rank, (0, 1))}
        yield from (({"x": x}, pads) for x in ((MORE, 2, *short), (2, MOST, *short)))
        yield from (({"x": (1, 1, *extents)}, pads) for extents in INPUTS[rank])
        if "padding" in names:
            yield {"x": (2, 2, *short)}, {"padding": _axes(((71, 0), (0, 67)), rank, (0, 0))}


def _axes(pair: tuple[Any, Any], rank: int, first: Any) -> tuple[Any, ...]:
    """Two values for as many axes as there are: the last alone, or another one first."""
    return ((first,) * (rank - 2) + pair)[-rank:]


def _options(layer: Layer, rank: int) -> dict[str, Any]:
    plain = {"kernel": 1, "stride": 1, "padding": (0, 0), "dilation": 1}
    found = {name: _axes(getattr(layer, name), rank, value) for name, value in plain.items()}
    return {"kernel_size": found.pop("kernel"), **found}


def _layer(layer: Layer, rank: int, transposed: bool, extents: Shape | None = None) -> Geometry:
    options = {**_options(layer, rank), "groups": layer.groups}
    g, k = layer.groups, options.pop("kernel_size")
    few = (3, 4) if transposed and layer in WINDOWED else layer.extents  # a few elements fill a large result
    x = (layer.n, layer.c, *(extents or _axes(few, rank, 2)))
    return {"x": x, "w": (layer.c, layer.o // g, *k) if transposed else (layer.o, layer.c // g, *k)}, options


def _pool(layer: Layer, rank: int, extents: Shape | None = None) -> Geometry:
    return {"x": (layer.n, layer.c, *(extents or _axes(layer.extents, rank, 2)))}, _options(layer, rank)
