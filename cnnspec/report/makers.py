"""The geometry of every operation, told for one output element: which terms, from where, and what is read.

Each maker follows the definition's formula for its operation; the arrays only give the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from cnnspec.cases.arrays import make_arrays
from cnnspec.errors import UsageError
from cnnspec.geometry import TapKind, Window, adaptive_window, source_index
from cnnspec.report.terms import Factor, Made, Rule, Term, View
from cnnspec.report.words import count, fraction, is_nan

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.typing import Array, Shape


def made(case: Case, at: Shape, arrays: Mapping[str, Array] | None = None) -> Made | None:
    """What element ``at`` of the case's first result is made of; ``None`` for an operation that is not told here.

    Raises
    ------
    UsageError
        If ``at`` is no index of the result.
    """
    shape = case.output_shape
    if len(at) != len(shape) or not all(0 <= i < n for i, n in zip(at, shape, strict=True)):
        raise UsageError(f"the result has the shape {shape}, which has no element {list(at)}")
    make = MAKERS.get(case.operation.name)
    return make(case, make_arrays(case) if arrays is None else arrays, at) if make else None


def windows(case: Case) -> list[Window]:
    """The window on each spatial axis."""
    o, ones = case.options, (1,) * case.rank
    kernel = case.shapes["w"][2:] if "w" in case.shapes else o["kernel_size"]
    axes = zip(kernel, o["stride"], o.get("dilation", ones), o["padding"], strict=True)
    return [Window(k, s, d, lo, hi) for k, s, d, (lo, hi) in axes]


def tap_kind(axes: list[Window], t: Shape, extents: Shape) -> TapKind:
    """What the tap ``t`` is: overhang where any coordinate is, real where all are."""
    kinds = [axis.kind(u, n) for axis, u, n in zip(axes, t, extents, strict=True)]
    return "overhang" if "overhang" in kinds else "padding" if "padding" in kinds else "real"


def _get(arrays: Mapping[str, Array], name: str, index: Shape) -> Factor:
    return Factor(name, index, arrays[name][index])


def _taps(axes: list[Window], i: Shape) -> Iterator[tuple[Shape, Shape]]:
    """Every kernel position with the tap that it reads in window ``i``."""
    for j in product(*(range(axis.kernel) for axis in axes)):
        yield j, tuple(a.taps(p)[q] for a, p, q in zip(axes, i, j, strict=True))


def _pads(axes: list[Window], counts: Shape, extents: Shape) -> tuple[tuple[int, int], ...]:
    """How far to draw on either side: the pads, and further where the last window hangs over."""
    last = [axis.taps(m - 1)[-1] for axis, m in zip(axes, counts, strict=True)]
    return tuple((max(a.lo, 0), max(a.hi, t - n + 1, 0)) for a, t, n in zip(axes, last, extents, strict=True))


def _conv(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    n, o, *i = at
    axes, extents = windows(case), case.shapes["x"][2:]
    per_group = case.shapes["w"][1]
    first = o // (case.shapes["w"][0] // case.options["groups"]) * per_group
    taps = {t: tap_kind(axes, t, extents) for _, t in _taps(axes, tuple(i))}
    groups = {
        f"channel {first + c}": tuple(
            (_get(arrays, "x", (n, first + c, *t)), _get(arrays, "w", (o, c, *j)))
            for j, t in _taps(axes, tuple(i))
            if taps[t] == "real"
        )
        for c in range(per_group)
    }
    planes = tuple((n, first + c) for c in range(per_group))
    view = View("x", planes, taps, _pads(axes, case.output_shape[2:], extents))
    return Made("sum", groups, _bias(arrays, o), view=view)


def _bias(arrays: Mapping[str, Array], o: int) -> Factor | None:
    return _get(arrays, "b", (o,)) if "b" in arrays else None


def _scattering(axes: list[Window], t: Shape, counts: Shape) -> list[tuple[Shape, Shape]]:
    """Every window $i$ of ``counts`` and tap $j$ of it with $s i + d j - p_{lo} = t$."""
    by_axis = [
        [(p, q) for p in range(m) for q in range(a.kernel) if a.taps(p)[q] == u]
        for a, u, m in zip(axes, t, counts, strict=True)
    ]
    return [(tuple(p for p, _ in pairs), tuple(q for _, q in pairs)) for pairs in product(*by_axis)]


def _scattered(
    case: Case, arrays: Mapping[str, Array], at: Shape, name: str, weight: Callable[[int, int], Shape], per_block: int
) -> Made:
    """An element that collects from every window it lies in: transposed convolution and the input's gradient.

    ``weight`` gives the leading indices of the weight from the channel summed over and the element's own.
    """
    n, q, *t = at
    axes, counts = windows(case), arrays[name].shape[2:]
    block, summed = q // per_block, arrays[name].shape[1] // case.options["groups"]
    pairs = _scattering(axes, tuple(t), counts)
    channels = range(block * summed, (block + 1) * summed)
    groups = {
        f"channel {c}": tuple(
            (_get(arrays, name, (n, c, *i)), _get(arrays, "w", (*weight(c, q % per_block), *j))) for i, j in pairs
        )
        for c in channels
    }
    taps: dict[Shape, TapKind] = {i: "real" for i, _ in pairs}
    return Made(
        "sum", groups, _bias(arrays, q), view=View(name, tuple((n, c) for c in channels), taps, ((0, 0),) * len(axes))
    )


def _conv_transpose(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    return _scattered(case, arrays, at, "x", lambda c, q: (c, q), case.shapes["w"][1])


def _conv_input_grad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    return _scattered(case, arrays, at, "grad_output", lambda o, c: (o, c), case.shapes["w"][1])


def _conv_weight_grad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    o, c, *j = at
    axes, extents = windows(case), case.shapes["x"][2:]
    counts = arrays["grad_output"].shape[2:]
    channel = o // (case.shapes["w"][0] // case.options["groups"]) * case.shapes["w"][1] + c
    places = {i: tuple(a.taps(p)[q] for a, p, q in zip(axes, i, j, strict=True)) for i in product(*map(range, counts))}
    taps = {t: tap_kind(axes, t, extents) for t in places.values()}
    groups = {
        f"sample {n}": tuple(
            (_get(arrays, "grad_output", (n, o, *i)), _get(arrays, "x", (n, channel, *t)))
            for i, t in places.items()
            if taps[t] == "real"
        )
        for n in range(case.shapes["x"][0])
    }
    planes = tuple((n, channel) for n in range(case.shapes["x"][0]))
    return Made("sum", groups, view=View("x", planes, taps, _pads(axes, counts, extents)))


def _conv_bias_grad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    samples, _, *extents = arrays["grad_output"].shape
    places = list(product(*map(range, extents)))
    groups = {
        f"sample {n}": tuple((_get(arrays, "grad_output", (n, *at, *i)),) for i in places) for n in range(samples)
    }
    planes = tuple((n, *at) for n in range(samples))
    taps: dict[Shape, TapKind] = dict.fromkeys(places, "real")
    return Made("sum", groups, view=View("grad_output", planes, taps, ((0, 0),) * len(extents)))


def _transpose_block(case: Case, c: int) -> int:
    """The first output channel of the group that input channel ``c`` belongs to."""
    inputs, outputs = case.shapes["w"][:2]
    return c // (inputs // int(case.options["groups"])) * outputs


def _conv_transpose_input_grad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    n, c, *i = at
    axes, extents, first = windows(case), arrays["grad_output"].shape[2:], _transpose_block(case, c)
    taps = {t: tap_kind(axes, t, extents) for _, t in _taps(axes, tuple(i))}
    groups = {
        f"channel {first + q}": tuple(
            (_get(arrays, "grad_output", (n, first + q, *t)), _get(arrays, "w", (c, q, *j)))
            for j, t in _taps(axes, tuple(i))
            if taps[t] == "real"
        )
        for q in range(case.shapes["w"][1])
    }
    planes = tuple((n, first + q) for q in range(case.shapes["w"][1]))
    return Made("sum", groups, view=View("grad_output", planes, taps, _pads(axes, case.shapes["x"][2:], extents)))


def _conv_transpose_weight_grad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    c, q, *j = at
    axes, extents, o = windows(case), arrays["grad_output"].shape[2:], _transpose_block(case, c) + q
    inputs = product(*map(range, case.shapes["x"][2:]))
    places = {i: tuple(a.taps(p)[u] for a, p, u in zip(axes, i, j, strict=True)) for i in inputs}
    taps = {t: tap_kind(axes, t, extents) for t in places.values()}
    groups = {
        f"sample {n}": tuple(
            (_get(arrays, "grad_output", (n, o, *t)), _get(arrays, "x", (n, c, *i)))
            for i, t in places.items()
            if taps[t] == "real"
        )
        for n in range(case.shapes["x"][0])
    }
    planes = tuple((n, o) for n in range(case.shapes["x"][0]))
    return Made("sum", groups, view=View("grad_output", planes, taps, _pads(axes, case.shapes["x"][2:], extents)))


def _pooled(case: Case, arrays: Mapping[str, Array], at: Shape, rule: Rule) -> Made:
    n, c, *i = at
    axes, extents = windows(case), case.shapes["x"][2:]
    taps = {t: tap_kind(axes, t, extents) for _, t in _taps(axes, tuple(i))}
    real = [t for t, kind in taps.items() if kind == "real"]
    terms = {"": tuple((_get(arrays, "x", (n, c, *t)),) for t in real)}
    view = View("x", ((n, c),), taps, _pads(axes, case.output_shape[2:], extents))
    if rule != "mean":
        return Made(rule, terms, power=case.options.get("p", 2), view=view)
    padding = sum(kind == "padding" for kind in taps.values())
    if not case.options["count_include_pad"]:
        return Made("mean", terms, divisor=len(real), words=count(len(real), "real tap"), view=view)
    words = f"{count(len(real), 'real tap')} + {padding} padding" if padding else count(len(real), "tap")
    return Made("mean", terms, divisor=len(real) + padding, words=words, view=view)


def _adaptive(case: Case, arrays: Mapping[str, Array], at: Shape, rule: Rule) -> Made:
    n, c, *i = at
    extents = case.shapes["x"][2:]
    ranges = [adaptive_window(p, m, k) for p, m, k in zip(i, extents, case.output_shape[2:], strict=True)]
    taps: dict[Shape, TapKind] = dict.fromkeys(product(*ranges), "real")
    terms = {"": tuple((_get(arrays, "x", (n, c, *t)),) for t in taps)}
    view = View("x", ((n, c),), taps, ((0, 0),) * len(extents))
    return Made(rule, terms, divisor=len(taps) if rule == "mean" else 1, words=count(len(taps), "tap"), view=view)


def _pool_grad(case: Case, arrays: Mapping[str, Array], at: Shape, average: bool) -> Made:
    """The input's gradient of a pooling: the cotangents of the windows that this element won, or had a share in."""
    n, c, *t = at
    axes, extents, counts = windows(case), case.shapes["x"][2:], arrays["grad_output"].shape[2:]
    inside = sorted({i for i, _ in _scattering(axes, tuple(t), counts)})
    terms: list[Term] = []
    for i in inside:
        g = _get(arrays, "grad_output", (n, c, *i))
        taps = [(u, tap_kind(axes, u, extents)) for _, u in _taps(axes, i)]
        real = [u for u, kind in taps if kind == "real"]
        if average:
            padding = sum(kind == "padding" for _, kind in taps) if case.options["count_include_pad"] else 0
            terms.append((g, Factor("", (), 1 / fraction(float(len(real) + padding)))))
        elif _first_maximum(arrays["x"][n, c], real) == tuple(t):
            terms.append((g,))
    shown: dict[Shape, TapKind] = dict.fromkeys(inside, "real")
    return Made("sum", {"": tuple(terms)}, view=View("grad_output", ((n, c),), shown, ((0, 0),) * len(axes)))


def _adaptive_grad(case: Case, arrays: Mapping[str, Array], at: Shape, average: bool) -> Made:
    """The same of an adaptive or a global pooling."""
    n, c, *t = at
    extents, counts = case.shapes["x"][2:], arrays["grad_output"].shape[2:]
    ranges = [[adaptive_window(p, m, k) for p in range(k)] for m, k in zip(extents, counts, strict=True)]
    readers = [[i for i, window in enumerate(axis) if u in window] for axis, u in zip(ranges, t, strict=True)]
    terms: list[Term] = []
    for i in product(*readers):
        g = _get(arrays, "grad_output", (n, c, *i))
        taps = list(product(*(axis[p] for axis, p in zip(ranges, i, strict=True))))
        if average:
            terms.append((g, Factor("", (), 1 / fraction(float(len(taps))))))
        elif _first_maximum(arrays["x"][n, c], taps) == tuple(t):
            terms.append((g,))
    shown: dict[Shape, TapKind] = dict.fromkeys(product(*readers), "real")
    return Made("sum", {"": tuple(terms)}, view=View("grad_output", ((n, c),), shown, ((0, 0),) * len(extents)))


def _first_maximum(plane: Array, taps: list[Shape]) -> Shape:
    best = taps[0]
    for t in taps[1:]:
        v, w = plane[t], plane[best]
        if v > w or (is_nan(v) and not is_nan(w)):
            best = t
    return best


def _pad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    n, c, *i = at
    extents, pads, mode = case.shapes["x"][2:], case.options["padding"], case.options["mode"]
    inside = [p - lo for p, (lo, _) in zip(i, pads, strict=True)]
    t = [source_index(u, m, mode) for u, m in zip(inside, extents, strict=True)]
    source = tuple(u for u in t if u is not None)
    if len(source) < len(t):
        return Made("copy", {"": ((Factor("", (), case.options["value"]),),)}, words="outside x: the constant")
    view = View("x", ((n, c),), {source: "real"}, ((0, 0),) * len(extents))
    return Made("copy", {"": ((_get(arrays, "x", (n, c, *source)),),)}, view=view)


def _pad_grad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    n, c, *t = at
    columns = zip(t, case.shapes["x"][2:], case.options["padding"], strict=True)
    mode = case.options["mode"]
    copies = list(product(*([p for p in range(m + lo + hi) if source_index(p - lo, m, mode) == u]
                            for u, m, (lo, hi) in columns)))  # fmt: skip
    terms = tuple((_get(arrays, "grad_output", (n, c, *i)),) for i in copies)
    view = View("grad_output", ((n, c),), dict.fromkeys(copies, "real"), ((0, 0),) * len(t))
    return Made("sum", {"": terms}, view=view)


def _relu_grad(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    terms = ((_get(arrays, "grad_output", at),),) if arrays["x"][at] > 0 else ()
    return Made("sum", {"": terms})


def _relu(case: Case, arrays: Mapping[str, Array], at: Shape) -> Made:
    return Made("relu", {"": ((_get(arrays, "x", at),),)})


def _signal(case: Case, arrays: Mapping[str, Array], at: Shape, flipped: bool) -> Made:
    n, k, mode = case.shapes["x"], case.shapes["k"], case.options["mode"]
    starts = {"full": [0] * len(n), "same": [(b - 1) // 2 for b in k],
              "valid": [min(a, b) - 1 for a, b in zip(n, k, strict=True)]}[mode]  # fmt: skip
    full = [i + start for i, start in zip(at, starts, strict=True)]
    terms: list[Term] = []
    taps: dict[Shape, TapKind] = {}
    for v in product(*map(range, k)):
        u = tuple(t - (q if flipped else b - 1 - q) for t, q, b in zip(full, v, k, strict=True))
        taps[u] = "real" if all(0 <= a < m for a, m in zip(u, n, strict=True)) else "padding"
        if taps[u] == "real":
            kv = _get(arrays, "k", v)
            terms.append((_get(arrays, "x", u), kv if flipped else kv._replace(value=kv.value.conjugate())))
    pads = tuple((max(-min(u[a] for u in taps), 0), max(max(u[a] for u in taps) - m + 1, 0)) for a, m in enumerate(n))
    return Made("sum", {"": tuple(terms)}, view=View("x", ((),), taps, pads))


MAKERS: dict[str, Callable[[Case, Mapping[str, Array], Shape], Made]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "conv_input_grad": _conv_input_grad,
    "conv_weight_grad": _conv_weight_grad,
    "conv_bias_grad": _conv_bias_grad,
    "conv_transpose_input_grad": _conv_transpose_input_grad,
    "conv_transpose_weight_grad": _conv_transpose_weight_grad,
    "max_pool": lambda case, arrays, at: _pooled(case, arrays, at, "max"),
    "max_pool_with_indices": lambda case, arrays, at: _pooled(case, arrays, at, "max"),
    "avg_pool": lambda case, arrays, at: _pooled(case, arrays, at, "mean"),
    "lp_pool": lambda case, arrays, at: _pooled(case, arrays, at, "norm"),
    "adaptive_max_pool": lambda case, arrays, at: _adaptive(case, arrays, at, "max"),
    "adaptive_avg_pool": lambda case, arrays, at: _adaptive(case, arrays, at, "mean"),
    "global_max_pool": lambda case, arrays, at: _adaptive(case, arrays, at, "max"),
    "global_avg_pool": lambda case, arrays, at: _adaptive(case, arrays, at, "mean"),
    "max_pool_input_grad": lambda case, arrays, at: _pool_grad(case, arrays, at, average=False),
    "avg_pool_input_grad": lambda case, arrays, at: _pool_grad(case, arrays, at, average=True),
    "adaptive_max_pool_input_grad": lambda case, arrays, at: _adaptive_grad(case, arrays, at, average=False),
    "adaptive_avg_pool_input_grad": lambda case, arrays, at: _adaptive_grad(case, arrays, at, average=True),
    "global_max_pool_input_grad": lambda case, arrays, at: _adaptive_grad(case, arrays, at, average=False),
    "global_avg_pool_input_grad": lambda case, arrays, at: _adaptive_grad(case, arrays, at, average=True),
    "pad": _pad,
    "pad_input_grad": _pad_grad,
    "relu": _relu,
    "relu_input_grad": _relu_grad,
    "convolve": lambda case, arrays, at: _signal(case, arrays, at, flipped=True),
    "cross_correlate": lambda case, arrays, at: _signal(case, arrays, at, flipped=False),
}
"""What makes an element, by rank-free operation name."""
