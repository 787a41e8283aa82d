"""Writing an expectations file: rules added at the end, stale ones taken out, everything else left as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

from cnnspec.cases.case import Case
from cnnspec.errors import UsageError
from cnnspec.harness.database import write_whole
from cnnspec.harness.expectations import load, loads
from cnnspec.harness.session import Session
from cnnspec.harness.witnesses import EXPIRED, STALE
from cnnspec.operations import Option

HEAD = re.compile(r"^\s*\[\[\s*expect\s*\]\]", re.MULTILINE)


def add(
    path: str | Path,
    cases: Iterable[str],
    *,
    reason: str,
    operation: str | None = None,
    law: str | None = None,
    when: str | None = None,
    issue: str = "",
    expires: date | None = None,
) -> str:
    """Add a rule to a file, which is made where there is none, and return the rule's text.

    Parameters
    ----------
    path
        The file.
    cases
        Cases that fail, in their text form: the witnesses.
    reason
        Why the failure is expected.
    operation, law
        Patterns; by default the witnesses' own operations, and every law.
    when
        The condition; by default what :func:`suggest` makes of the witnesses.
    issue, expires
        Where it is written down, and the last day on which the rule is in force.

    Raises
    ------
    UsageError
        If the rule is wrong, or does not cover its witnesses; the file is as it was then.
    CaseError
        If a case cannot be read.
    """
    witnesses = [Case.parse(case) for case in cases]
    if not witnesses:
        raise UsageError("a rule needs a witness: give a case that fails")
    ops = list(dict.fromkeys(case.op for case in witnesses))
    condition = suggest(witnesses) if when is None else when
    fields: list[tuple[str, Any]] = [
        ("operation", operation or (ops[0] if len(ops) == 1 else ops)), ("law", law), ("when", condition or None),
        ("reason", reason), ("issue", issue or None), ("expires", expires), ("witnesses", list(map(str, witnesses))),
    ]  # fmt: skip
    block = "[[expect]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in fields if value is not None)
    file = Path(path)
    before = file.read_text("utf-8") if file.exists() else ""
    whole = f"{before.rstrip()}\n\n{block}" if before.strip() else block
    loads(whole, str(path))
    write_whole(file, whole)
    return block


def prune(path: str | Path, target: Any, **options: Any) -> list[str]:
    """Take the rules out of a file that are stale or have expired, and say of each why.

    Parameters
    ----------
    path
        The file.
    target, **options
        What the witnesses are asked of, as for :class:`~cnnspec.harness.session.Session`.

    Raises
    ------
    UsageError
        If the file cannot be read.
    TargetError
        If the target cannot be found or started.
    """
    expectations = load(path)
    with Session(target, expect=expectations, **{"profile": "strict", **options}) as session:
        session.start()
        rules = session.finish().expectations["rules"]
    gone = {rule["number"]: rule for rule in rules if rule["state"] in (STALE, EXPIRED)}
    if gone:
        blocks = _blocks(expectations.text)
        if len(blocks) != len(rules) + 1:
            raise UsageError(f"{path}: its rules cannot be told apart line by line; take out by hand {sorted(gone)}")
        kept = [block for number, block in enumerate(blocks) if number not in gone]
        write_whole(Path(path), "".join(kept).strip("\n") + "\n" * any(block.strip() for block in kept))
    words = {STALE: "its witnesses pass", EXPIRED: "it has expired"}
    return [f"took out rule {number} ({rule['reason']}): {words[rule['state']]}" for number, rule in gone.items()]


def _blocks(text: str) -> list[str]:
    """What stands before the first rule, and each rule with the comments right above it."""
    starts = []
    for match in HEAD.finditer(text):
        at = text.rfind("\n", 0, match.end()) + 1
        while at and (line := text[text.rfind("\n", 0, at - 1) + 1 : at]).lstrip().startswith("#"):
            at -= len(line)
        starts.append(at)
    bounds = [0, *starts, len(text)]
    return [text[a:b] for a, b in pairwise(bounds)]


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return (
            "[\n" + "".join(f"    {_toml(item)},\n" for item in value) + "]"
            if len(value) > 1
            else f"[{_toml(value[0])}]"
        )
    return json.dumps(value, ensure_ascii=False)


def suggest(cases: Iterable[Case]) -> str:
    """A condition that all cases share: what each has of the options that are not at their simplest.

    A smallest case has nothing that its failure does not need, so that this tells what the failure needs.

    Examples
    --------
    >>> suggest([Case.parse("conv2d:x=1x2x3x3,w=2x1x2x2,stride=2x1,padding=1.0_0.0,groups=2,f64")])
    'max(stride) > 1 and max(lo) > 0 and groups > 1'
    >>> suggest([Case.parse("relu:x=1x1x1,f64")])
    ''
    """
    shared: list[str] | None = None
    for case in cases:
        told = [words for option in case.operation.options for words in _needs(option, case.options[option.name])]
        told += ["special"] * bool(case.pokes) + ["view"] * bool(case.layouts)
        told += [f"dtype == {case.dtype!r}"] * (case.dtype not in ("float64", "float32"))
        shared = told if shared is None else [words for words in shared if words in told]
    return " and ".join(shared or ())


def _needs(option: Option, value: Any) -> list[str]:
    if option.name == "kernel_size" or value == option.default:
        return []
    if option.kind == "pairs":
        negative = ["(min(lo) < 0 or min(hi) < 0)"] if any(p < 0 for pair in value for p in pair) else []
        sides = (("lo", 0), ("hi", 1))
        return negative or [f"max({name}) > 0" for name, at in sides if any(pair[at] > 0 for pair in value)]
    if option.kind == "per_axis":
        least = 0 if option.name == "output_padding" else 1
        return [f"max({option.name}) > {least}"] if max(value, default=least) > least else []
    if option.kind == "int":
        return [f"{option.name} > {option.default}"]
    if option.kind == "bool":
        return [option.name if value else f"not {option.name}"]
    written = "1e999" if value == inf else repr(value)  # a condition knows no name of infinity
    return [f"{option.name} == {written}"]
