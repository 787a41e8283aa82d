"""The precision card: how a target computes its sums, measured and not believed.

For each operation and dtype the experiments of :mod:`cnnspec.harness.measure` run on several layers, since libraries
choose their algorithm by the layer, and the card states the least precise thing that was seen on any of them: the
algorithm, the bits that operands and sums keep, how they round, what becomes of subnormal numbers, and whether a result
depends on the call or on the batch.  What is measured is then held against what is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.harness import measure
from cnnspec.harness.measure import Bench, Unmeasured, benches
from cnnspec.implementation import Claims
from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.precision import ACCUMULATOR, FORMATS, format_of
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.harness.target import Target

MEASURED = ("conv",)
"""The operations that the experiments are made for."""


@dataclass
class Seen:
    """What the experiments said of one layer; ``None`` where one could not tell, with the reason in ``notes``."""

    layer: str
    algorithm: str | None = None
    data_bits: int | None = None
    weight_bits: int | None = None
    effective_bits: float | None = None
    operands_cut: bool | None = None
    narrow_range: bool | None = None
    accumulator_bits: int | None = None
    rounding: str | None = None
    result_rounding: str | None = None
    ftz: str | None = None
    deterministic: bool | None = None
    batch_invariant: bool | None = None
    sums: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)


def precision_card(target: Target, op: str = "conv2d", dtype: str = "float32") -> dict[str, Any]:
    """Measure how ``op`` of an opened target computes in ``dtype``.

    Parameters
    ----------
    target
        The target, as :func:`cnnspec.harness.target.open_target` gives it.
    op
        ``conv1d``, ``conv2d`` or ``conv3d``.
    dtype
        A floating-point dtype.

    Returns
    -------
    dict
        Plain data: ``algorithm``, ``operands``, ``accumulator``, ``result``, ``ftz``, ``deterministic``,
        ``batch_invariant``, ``contradictions`` to what is declared, ``words``, and ``layers`` with everything that was
        seen on each.  Empty where the operation or dtype is not claimed, or there is no experiment for it.

    Examples
    --------
    >>> from cnnspec.harness.target import open_target
    >>> card = precision_card(open_target("reference", isolate="none"))
    >>> card["algorithm"], card["operands"]["bits"], card["accumulator"]["format"]
    ('direct', 24, 'float64')
    """
    operation, rank = find(op)
    claim = target.claims.operations.get(op)
    if (
        claim is None
        or operation.name not in MEASURED
        or rank is None
        or dtype not in set(claim.dtypes) & set(ACCUMULATOR)
    ):
        return {}
    if dtype.startswith("complex"):
        return {}
    seen = [_seen(bench) for bench in benches(target, op, dtype, rank, bias=claim.bias == "required")]
    declared = Arithmetic.of(dtype, claim.numerics)
    card = {"op": op, "dtype": dtype, **_summary(seen, dtype)}
    card["contradictions"] = _contradictions(
        card, declared, declares_direct=claim.numerics.get("algorithm") == "direct"
    )
    card["words"] = _words(card)
    card["layers"] = [asdict(s) for s in seen]
    return card


def precision_cards(target: Target, claims: Claims | None = None) -> dict[str, Any]:
    """A card for every claimed convolution and floating-point dtype, by ``conv2d float32``."""
    claims = claims or target.claims
    wanted = [
        (op, dtype)
        for op, claim in claims.operations.items()
        for dtype in claim.dtypes
        if find(op)[0].name in MEASURED and dtype in ACCUMULATOR
    ]
    cards = {f"{op} {dtype}": precision_card(target, op, dtype) for op, dtype in wanted}
    return {name: card for name, card in cards.items() if card}


def detected_dialects(cards: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The dialects that cards show: ``num.algorithm = transform`` where sums mix neighbours or channels.

    Examples
    --------
    >>> detected_dialects([{"algorithm": "direct"}, {"algorithm": "winograd:4"}])
    {'num.algorithm': 'transform'}
    """
    algorithms = {card.get("algorithm") for card in cards} - {None, "direct"}
    return {"num.algorithm": "transform"} if algorithms else {}


def _seen(bench: Bench) -> Seen:
    """Every experiment on one layer."""
    seen = Seen(str(bench))

    def note(run: Callable[[], None]) -> None:
        try:
            with np.errstate(all="ignore"):
                run()
        except Unmeasured as reason:
            seen.notes.append(str(reason))

    def operands() -> None:
        data, weights = measure.operand_bits(bench, "data"), measure.operand_bits(bench, "weights")
        seen.data_bits, seen.weight_bits = data.bits, weights.bits
        seen.effective_bits = min(data.effective, weights.effective)
        seen.operands_cut = data.cut or weights.cut
        seen.narrow_range = bench.dtype != "float16" and measure.narrow_range(bench)

    def accumulator() -> None:
        narrow = bench.dtype == "float16" or bool(seen.narrow_range)
        seen.accumulator_bits = bits = measure.accumulator_bits(bench, narrow=narrow)
        seen.rounding = measure.accumulator_rounding(bench, bits, narrow=narrow)
        if format_of(bench.dtype).significand < bits:
            seen.result_rounding = measure.result_rounding(bench)

    def algorithm() -> None:
        seen.algorithm = measure.algorithm(bench)

    def repeatable() -> None:
        seen.deterministic, seen.batch_invariant = measure.repeatable(bench)

    def ftz() -> None:
        seen.ftz = measure.flushes(bench)

    def sums() -> None:
        sharp = measure.sums(bench)
        seen.sums = None if sharp is None else {**asdict(sharp), "sharp": sharp.sharp}

    note(algorithm)
    note(operands)
    if seen.algorithm == "direct":  # a transform's sums are not those of three products
        note(accumulator)
    note(ftz)
    note(repeatable)
    note(sums)
    return seen


def _least(values: Iterable[Any]) -> Any:
    told = [v for v in values if v is not None]
    return min(told) if told else None


def _worst(values: Iterable[str | None], *fine: str) -> str | None:
    """The first value that is none of the fine ones, else a fine one."""
    told = [v for v in values if v is not None]
    return next((v for v in told if v not in fine), told[0] if told else None)


def _summary(seen: list[Seen], dtype: str) -> dict[str, Any]:
    algorithm = _worst((s.algorithm for s in seen), "direct")
    held = _least(min(s.data_bits, s.weight_bits or 0) for s in seen if s.data_bits is not None)
    effective, sums = _least(s.effective_bits for s in seen), _least(s.accumulator_bits for s in seen)
    narrow = any(s.narrow_range for s in seen)
    whole = format_of(dtype).significand
    if algorithm not in ("direct", None) and effective is not None:
        held = None if _nearest(effective, dtype) == dtype else FORMATS[_nearest(effective, dtype)].significand
    cut = held is not None and any(s.operands_cut for s in seen)
    told = {
        "bits": held, "effective_bits": effective, "format": _name(held, dtype, narrow=narrow),
        "data_bits": _least(s.data_bits for s in seen), "weight_bits": _least(s.weight_bits for s in seen),
        "narrow_range": narrow, "rounding": "truncate" if cut else "nearest",
        "hidden_by_sums": held is not None and sums is not None and held < whole and sums <= held,
    }  # fmt: skip
    return {
        "algorithm": algorithm,
        "operands": told,
        "accumulator": {
            "bits": sums,
            "format": None if sums is None else _name(sums, dtype, narrow=narrow, sums=True),
            "rounding": _worst((s.rounding for s in seen), "nearest", "not told"),
        },
        "result": {"rounding": _worst((s.result_rounding for s in seen), "nearest", "not told")},
        "ftz": _worst((s.ftz for s in seen), "no"),
        "deterministic": _all(s.deterministic for s in seen),
        "batch_invariant": _all(s.batch_invariant for s in seen),
        "sharp": _all(s.sums["sharp"] if s.sums else None for s in seen),
        "notes": list(dict.fromkeys(note for s in seen for note in s.notes)),
    }


def _all(values: Iterable[bool | None]) -> bool | None:
    told = [v for v in values if v is not None]
    return all(told) if told else None


def _nearest(effective: float, dtype: str) -> str:
    """The format whose precision is nearest to so many effective bits, not above the dtype's own."""
    own = format_of(dtype)
    formats = [own, *(f for f in FORMATS.values() if f.significand < own.significand)]
    return min(formats, key=lambda fmt: abs(fmt.significand - effective)).name


def _name(bits: int | None, dtype: str, *, narrow: bool, sums: bool = False) -> str:
    """The format that has so many bits."""
    if bits is None:
        return dtype
    if bits == 11 and not sums:
        return "float16" if narrow or dtype == "float16" else "tf32"
    named = {fmt.significand: name for name, fmt in FORMATS.items() if name != "tf32"}
    return named.get(bits, f"{bits} bits")


def _contradictions(card: Mapping[str, Any], declared: Arithmetic, *, declares_direct: bool) -> list[str]:
    """What was measured to be worse than is declared, in sentences."""
    found = []
    operands, sums = card["operands"], card["accumulator"]
    promised = (declared.operands or declared.output).significand
    if operands["bits"] is not None and operands["bits"] < promised and not operands["hidden_by_sums"]:
        found.append(f"operands keep {operands['bits']} bits ({operands['format']}) where {promised} are declared")
    if sums["bits"] is not None and sums["bits"] < declared.accumulator.significand:
        found.append(
            f"sums keep {sums['bits']} bits where {declared.accumulator.significand}"
            f" ({declared.accumulator.name}) are declared"
        )
    if declared.rounding == "nearest":
        places = {"operands": operands, "sums": sums, "results": card["result"]}
        cut = [n for n, told in places.items() if told["rounding"] in ("truncate", "down", "up")]
        found += [f"{name} are cut where rounding to nearest is declared" for name in cut]
    if declares_direct and card["algorithm"] not in ("direct", None):
        found.append(f"the algorithm is {card['algorithm']} where direct is declared")
    if card["ftz"] not in ("no", None) and not declared.ftz and not operands["narrow_range"]:
        found.append("subnormal numbers are taken as zero, which is not declared")
    plain = declared.operands is None and declared.rounding == "nearest" and declared.accumulator is declared.output
    if card["sharp"] is False and card["algorithm"] == "direct" and plain and not found:
        found.append(f"sums of random data are less precise than independent roundings in {declared.accumulator.name}")
    if card["deterministic"] is False:
        found.append("the same call gives other bits")
    return found


ALGORITHMS = {
    "direct": "sums are formed directly",
    "fft": "sums are formed by a transform of whole planes or large tiles (num.algorithm = transform)",
    "mixes channels": "sums mix channels before they are multiplied, as in Strassen's algorithm"
    " (num.algorithm = transform)",
}


def _words(card: Mapping[str, Any]) -> str:
    """The card as sentences."""
    algorithm, operands, sums = card["algorithm"], card["operands"], card["accumulator"]
    if algorithm is None:
        return f"{card['op']} in {card['dtype']}: not measured ({'; '.join(card['notes']) or 'no call returned'})"
    tile = algorithm.removeprefix("winograd:")
    words = [
        ALGORITHMS.get(algorithm)
        or f"sums are formed by a transform of tiles of {tile} outputs, as in Winograd's algorithm"
        " (num.algorithm = transform)"
    ]
    if operands["hidden_by_sums"]:
        words.append(f"operands keep {operands['bits']} bits or more")
    elif operands["bits"] is None and operands["effective_bits"] is None:
        words.append("how precisely operands are kept is not told")
    elif operands["bits"] is None:
        words.append(
            f"operands keep the precision of {operands['format']} ({operands['effective_bits']:.1f} effective bits)"
        )
    else:
        cut = ", cut" if operands["rounding"] == "truncate" else ""
        words.append(f"operands keep {operands['bits']} bits ({operands['format']}{cut})")
    if sums["bits"] is not None:
        how = {"nearest": ", rounded to nearest", "truncate": ", cut toward zero", "down": ", rounded down",
               "up": ", rounded up"}.get(sums["rounding"], "")  # fmt: skip
        words.append(f"sums keep {sums['bits']} ({sums['format']}{how})")
    words.append(
        {"no": "subnormal numbers are kept", None: "what becomes of subnormal numbers is not told"}.get(
            card["ftz"], "subnormal numbers are taken as zero"
        )
    )
    words.append({True: "the same call gives the same bits", False: "the same call gives other bits",
                  None: "whether a call repeats is not told"}[card["deterministic"]])  # fmt: skip
    if card["batch_invariant"] is not None:
        words.append(
            f"a sample {'gives' if card['batch_invariant'] else 'does not give'} the same bits alone and in a batch"
        )
    text = f"{card['op']} in {card['dtype']}: {'; '.join(words)}."
    return text + "".join(f" Contradiction: {c}." for c in card["contradictions"])
