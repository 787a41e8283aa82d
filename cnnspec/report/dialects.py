"""What ``cnnspec check TARGET --detect`` prints: the dialects of a target, and a block that declares them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from cnnspec.harness.detect import Answer, Declaration, declaration, detect
from cnnspec.harness.dialects import FLAGS
from cnnspec.harness.restrictions import Refusal, refusals
from cnnspec.harness.target import open_target
from cnnspec.report.console import Verbatim


def show(target: str, **limits: Any) -> int:
    """Ask the target, and print its dialects; the exit code, 1 where it declares what it does not do, or the reverse.

    Parameters
    ----------
    target
        A target string.
    **limits
        ``isolate``, ``timeout`` and ``memory``, as for a run.
    """
    console = Console()
    with open_target(target, **limits) as opened:
        answers, refused = detect(opened), list(refusals(opened))
        said = declaration(opened.claims, answers, refused)
        for line in lines(answers, refused, said, program=target.startswith("exec")):
            console.print(Verbatim(line), soft_wrap=True)
    return int(bool(refused) or any(answer.wrong or answer.undeclared for answer in answers))


def lines(answers: list[Answer], refused: list[Refusal], said: Declaration, *, program: bool) -> Iterator[str]:
    """Everything that is printed."""
    width = max(len(flag.name) for flag in FLAGS)
    for answer in answers:
        yield f"{answer.flag.name:<{width}}  {answer.value or '?':<10} {_verdict(answer)}"
        yield f"{'':<{width}}  {answer.flag.question}: {answer.flag.values.get(answer.value, answer.seen)}"
        yield f"{'':<{width}}  {answer.cases[0]}"
    for refusal in refused:
        yield f"{refusal.limit:<{width}}  not declared: {refusal.op} refuses a call beyond it"
        yield f"{'':<{width}}  {refusal.case}"
        yield f"{'':<{width}}  {refusal.message}"
    if unasked := [flag.name for flag in FLAGS if flag.name not in {answer.flag.name for answer in answers}]:
        yield f"not asked, since nothing is claimed that could tell: {', '.join(unasked)}"
    yield ""
    yield from (f"wrong: {answer.message}" for answer in answers if answer.wrong)
    if said.empty:
        yield "nothing has to be declared: it follows the default everywhere"
    elif program:
        yield "in the program's hello:"
        yield f"  {_hello(said)}"
    else:
        yield from _python(said, answers)


def _verdict(answer: Answer) -> str:
    if answer.wrong:
        return f"wrong: {answer.declared} is declared"
    if answer.undeclared:
        return f"not declared; without that, {answer.flag.default} is expected"
    return "as declared" if answer.declared else "the default" if answer.flag.default == answer.value else (
        "any is permitted" if answer.value and not answer.flag.default else "none of the values that are permitted"
    )  # fmt: skip


def _python(said: Declaration, answers: list[Answer]) -> Iterator[str]:
    yield "above a function:"
    alike: dict[tuple[str, ...], list[str]] = {}
    for op, names in said.limits.items():
        alike.setdefault(names, []).append(op)
    for names, ops in alike.items():
        yield f"  @cnnspec.claims(limits={json.dumps(list(names))})    # {', '.join(ops)}"
    asked = {answer.flag.name: answer.op for answer in answers}
    for name, value in said.dialects.items():
        yield f"  @cnnspec.claims(dialects={json.dumps({name: value})})    # {asked.get(name, 'every function')}"
    yield "or once for the module, without importing cnnspec:"
    limits = list(dict.fromkeys(name for names in said.limits.values() for name in names))
    mapping = {name: value for name, value in (("limits", limits), ("dialects", dict(said.dialects))) if value}
    yield f"  __cnnspec_claims__ = {json.dumps(mapping)}"


def _hello(said: Declaration) -> str:
    parts: dict[str, Any] = {"operations": {op: {"limits": list(names)} for op, names in said.limits.items()}}
    return json.dumps({name: value for name, value in {**parts, "dialects": dict(said.dialects)}.items() if value})
