"""Are the bounds sound, and do they tell anything?  Random configurations on correct back ends and on degraded ones.

    python benchmarks/soundness.py [--cases 1000] [--seed 0] [--json FILE] [TARGET]…

The cases are those that a check draws: every rank, stride, dilation, padding, grouping, layout and floating-point dtype
that is claimed.  On correct targets no exact or bounded law may fail; the largest error in units of its bound says how
near the bounds are.  On degraded ones each configuration is counted in which the fault changes the result, in which it
changes it beyond the bound (or at all, where the sums are exact), in which a law fails, and in which it changes the
result beyond the bound and no law fails: there may be none.

Each configuration on JAX is compiled anew, so JAX has half as many; the variants of the tests have a fifth.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from cnnspec.adapters.builtin import reference
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import outside
from cnnspec.cases.dice import seeded
from cnnspec.cases.fills import fnv1a
from cnnspec.cases.strategies import draw_case
from cnnspec.harness.card import detected_dialects, precision_cards
from cnnspec.harness.judge import rule
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.target import InlineTarget
from cnnspec.harness.verdicts import BAD, Verdict
from cnnspec.implementation import Claims, Implementation
from cnnspec.laws.arithmetic import LINEAR, sum_bound
from cnnspec.laws.compare import differs, rounded
from cnnspec.laws.conditions import exact_values, integer_filled
from cnnspec.laws.law import Vacuous
from cnnspec.laws.registry import every_law
from cnnspec.numerics.precision import ACCUMULATOR
from cnnspec.numerics.simulated import conv as simulated
from cnnspec.operations import find
from tests.harness.variants import VARIANTS

Array = Any
LAWS = tuple(law for law in every_law() if law.lane in ("exact", "bounded") and set(law.operations) & set(LINEAR))
FRAMEWORKS = {"torch": ("torch",), "jax": ("jax",), "onnxruntime": ("onnxruntime", "onnx")}


def in_order(**numerics: str) -> dict[str, Callable[..., Array]]:
    """The layer in a simulated arithmetic."""

    def conv(x: Array, w: Array, b: Array = None, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Array:
        return simulated(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups, numerics=numerics)

    return {"conv": conv}


def changed(change: Callable[[str, Callable[..., Array], tuple[Array, ...], Any], Array]) -> Implementation:
    """The reference with a change around each operation."""
    whole = reference()

    def around(name: str, f: Callable[..., Array]) -> Callable[..., Array]:
        return lambda *arrays, **options: change(name, f, arrays, options)

    return replace(whole, functions={name: around(name, f) for name, f in whole.functions.items()})


def one_element(name: str, f: Callable[..., Array], arrays: tuple[Array, ...], options: Any) -> Array:
    """One element off by a thousandth of the root mean square."""
    y = f(*arrays, **options)
    if y.size:
        wide = y.astype(np.float64)
        wide.flat[y.size // 3] += 1e-3 * np.sqrt(np.mean(wide**2))
        y = wide.astype(y.dtype)
    return y


def dropped_tap(name: str, f: Callable[..., Array], arrays: tuple[Array, ...], options: Any) -> Array:
    """The last tap of the kernel left out."""
    if name.endswith("weight_grad"):
        y = np.array(f(*arrays, **options))
        y[(..., *(-1,) * (y.ndim - 2))] = 0
        return y
    first, w, *rest = arrays
    w = np.array(w)
    w[(..., *(-1,) * (w.ndim - 2))] = 0
    return f(first, w, *rest, **options)


CORRECT: dict[str, Any] = {
    **{name: name for name, needs in FRAMEWORKS.items() if all(map(find_spec, needs))},
    "reference": "reference",
    "one after the other": in_order(),
    "pairwise": in_order(depth="pairwise"),
    "blocks of 8": in_order(depth="blocked:8"),
    "float64 sums": in_order(accumulator="float64"),
    **{f"variant: {name}": {"conv2d": function} for name, function in VARIANTS.items()},
}
FAULTY: dict[str, Any] = {
    **{f"mutant:{name}": f"mutant:{name}" for name in (
        "rounds_operands_to_tf32", "rounds_operands_to_bfloat16", "accumulates_in_float16", "accumulates_in_bfloat16",
        "accumulates_toward_zero",
    )},
    "one tap dropped": changed(dropped_tap),
    "one element off by 1e-3 of the rms": changed(one_element),
}  # fmt: skip


def opened(target: Any) -> InlineTarget:
    """The target with its linear operations and floating-point dtypes alone."""
    loaded = InlineTarget(target)
    floats = tuple(name for name in ACCUMULATOR if not name.startswith("complex"))
    operations = {}
    for op, claim in loaded.claims.operations.items():
        simulates = isinstance(target, dict) and "conv" in target
        dtypes = tuple(d for d in (floats if simulates else claim.dtypes) if d in floats)
        if find(op)[0].name in LINEAR and dtypes:
            operations[op] = replace(claim, dtypes=dtypes)
    loaded.claims = Claims(operations, loaded.claims.dialects)
    if isinstance(target, dict) and "conv" not in target:  # an algorithm that mixes windows is detected, as in a check
        detected = detected_dialects(precision_cards(loaded).values())
        loaded.claims = Claims(operations, {**loaded.claims.dialects, **detected})
    return loaded


def share(name: str) -> float:
    """Which part of the cases a target has."""
    return 0.5 if name == "jax" else 0.2 if name.startswith("variant") else 1.0


def drawn(target: InlineTarget, count: int, seed: int) -> Iterator[Case]:
    """So many cases, the operations in turn."""
    claims = target.claims.operations
    dice = {op: seeded(fnv1a(f"{seed}/{op}")) for op in claims}
    made = 0
    while made < count:
        for op, claim in claims.items():
            case = draw_case(dice[op], op, claim, False)
            if not outside(case, target.claims):
                made += 1
                yield case


def on_correct(target: Any, count: int, seed: int) -> dict[str, Any]:
    """How many configurations were judged, which failed, and the largest error in units of its bound."""
    loaded, seen, failures, largest = opened(target), Counter[str](), [], 0.0
    for case in drawn(loaded, count, seed):
        probe = CaseProbe(case, loaded, loaded.run(case))
        if probe.observation.kind != "returned":
            seen[probe.observation.kind] += 1
            continue
        seen["configurations"] += 1
        for law in LAWS:
            if law.concerns(case):
                verdict = rule(law, probe)
                seen[f"{law.lane} {verdict.verdict}"] += 1
                if verdict.verdict in BAD or verdict.verdict is Verdict.ERROR:
                    failures.append(
                        f"{law.id} {case}: {verdict.failure.message if verdict.failure else verdict.reason}"
                    )
        if not integer_filled(case) and probe.got.size and probe.got.shape == probe.expected[0].shape:
            with np.errstate(all="ignore"):
                ratio = np.abs(probe.got.astype(np.float64) - probe.expected[0]) / sum_bound(probe)
            largest = max(largest, float(np.nanmax(ratio)))
    return {**seen, "largest error / bound": round(largest, 3), "failures": failures}


def on_faulty(target: Any, count: int, seed: int) -> dict[str, Any]:
    """In how many configurations the fault changes the result, changes it beyond the bound, is caught, is missed."""
    loaded, right = opened(target), InlineTarget("reference")
    seen, missed = Counter[str](), []
    for case in drawn(loaded, count, seed):
        plain = right.run(case)
        probe = CaseProbe(case, loaded, loaded.run(case))
        if probe.observation.kind != "returned" or plain.kind != "returned" or not probe.got.size:
            continue
        seen["configurations"] += 1
        if not differs(plain.outputs[0], probe.got).any():
            continue
        caught, far = any(rule(law, probe).verdict in BAD for law in LAWS if law.concerns(case)), beyond(probe)
        seen.update({"changed": 1, "beyond the bound": far, "caught": caught})
        if far and not caught:
            missed.append(str(case))
    return {**seen, "missed": missed}


def beyond(probe: CaseProbe) -> bool:
    """Whether a result is not what its lane allows."""
    if integer_filled(probe.case):
        try:
            exact_values(probe)
        except Vacuous:
            return False
        return bool(differs(rounded(probe.expected[0], probe.got), probe.got).any())
    with np.errstate(all="ignore"):
        return not bool((np.abs(probe.got.astype(np.float64) - probe.expected[0]) <= sum_bound(probe)).all())


def versions() -> dict[str, str]:
    """What the figures were measured with."""
    names = ("numpy", "torch", "jax", "onnxruntime")
    found = {name: metadata.version(name) for name in names if find_spec(name)}
    return {"python": platform.python_version(), "machine": platform.machine(), **found}


def main() -> None:
    """Run all, print a line each, and write the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="names of correct or degraded targets; all by default")
    parser.add_argument("--cases", type=int, default=1000, help="configurations on each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"versions": versions(), "seed": arguments.seed, "cases": arguments.cases}
    print(figures, flush=True)
    for kind, table, run in (("correct", CORRECT, on_correct), ("faulty", FAULTY, on_faulty)):
        figures[kind] = {}
        for name, target in table.items():
            if not arguments.targets or name in arguments.targets:
                started = time.monotonic()
                figures[kind][name] = run(target, round(arguments.cases * share(name)), arguments.seed)
                print(f"{name} ({time.monotonic() - started:.0f} s): {figures[kind][name]}", flush=True)
    figures["configurations"] = sum(row["configurations"] for row in figures["correct"].values())
    print(f"{figures['configurations']} configurations on correct targets")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
