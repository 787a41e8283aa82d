"""What experiments on a few layers say of an operation's arithmetic, and how that contradicts what is promised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from cnnspec.laws import measure
from cnnspec.laws.measure import Bench, Unmeasured
from cnnspec.numerics.arithmetic import Arithmetic
from cnnspec.numerics.precision import FORMATS, format_of


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


def look(bench: Bench) -> Seen:
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


def summary(seen: list[Seen], dtype: str) -> dict[str, Any]:
    """The least precise thing that was seen on any layer."""
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


def contradictions(found: Mapping[str, Any], dtype: str, numerics: Mapping[str, str]) -> list[str]:
    """What was measured to be worse than is promised by these words, or by their defaults; in sentences."""
    declared, broken = Arithmetic.of(dtype, numerics), []
    operands, sums = found["operands"], found["accumulator"]
    promised = min((declared.operands or declared.output).significand, declared.output.significand)
    if operands["bits"] is not None and operands["bits"] < promised and not operands["hidden_by_sums"]:
        broken.append(f"operands keep {operands['bits']} bits ({operands['format']}) where {promised} are declared")
    if sums["bits"] is not None and sums["bits"] < declared.accumulator.significand:
        broken.append(
            f"sums keep {sums['bits']} bits where {declared.accumulator.significand}"
            f" ({declared.accumulator.name}) are declared"
        )
    if declared.rounding == "nearest":
        places = {"operands": operands, "sums": sums, "results": found["result"]}
        cut = [n for n, told in places.items() if told["rounding"] in ("truncate", "down", "up")]
        broken += [f"{name} are cut where rounding to nearest is declared" for name in cut]
    if numerics.get("algorithm") == "direct" and found["algorithm"] not in ("direct", None):
        broken.append(f"the algorithm is {found['algorithm']} where direct is declared")
    if numerics.get("ftz") == "no" and found["ftz"] not in ("no", None):
        broken.append("subnormal numbers are taken as zero, which is declared not to happen")
    if found["deterministic"] is False:
        broken.append("the same call gives other bits")
    if numerics.get("batch") == "invariant" and found["batch_invariant"] is False:
        broken.append("a sample gives other bits alone than in a batch, where that is declared not to happen")
    return broken


def surprises(found: Mapping[str, Any], dtype: str, numerics: Mapping[str, str], *, sharp: bool) -> list[str]:
    """What was measured and is not declared, though nothing promises the contrary; ``sharp``: sums of random data, too.

    Unlike a contradiction this is no fault.
    """
    declared, seen = Arithmetic.of(dtype, numerics), []
    flushes = found["ftz"] not in ("no", None) and not found["operands"]["narrow_range"]
    if flushes and "ftz" not in numerics:
        seen.append("subnormal numbers are taken as zero, which is not declared")
    plain = declared.operands is None and declared.rounding == "nearest" and declared.accumulator is declared.output
    if sharp and found["sharp"] is False and found["algorithm"] == "direct" and plain and not seen:
        seen.append(f"sums of random data are less precise than independent roundings in {declared.accumulator.name}")
    return seen
