"""What ``cnnspec init`` and ``cnnspec check --check-protocol`` do, and print."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from cnnspec.report.console import Verbatim


def init(lang: str, folder: str) -> int:
    """Write a starter, and say how to build and check it; the exit code."""
    from cnnspec.adapters.starter import write_starter

    _print(write_starter(lang, folder))
    return 0


def check_protocol(target: str) -> int:
    """Talk with a program, and say what is right and wrong; the exit code."""
    from cnnspec.adapters.protocol_check import check_protocol as lines_of

    lines = lines_of(target)
    _print([str(line) for line in lines])
    wrong = sum(line.verdict == "wrong" for line in lines)
    _print(["", f"{wrong} of {len(lines)} lines are wrong" if wrong else "it speaks the protocol"])
    return int(wrong > 0)


def limits(options: dict[str, Any]) -> dict[str, Any]:
    """The limits of one call among a command's options; memory in bytes, as the harness counts."""
    memory = options["memory"]
    return {"isolate": options["isolate"], "timeout": options["timeout"], "memory": memory and memory << 20}


def _print(lines: list[str]) -> None:
    console = Console()
    for line in lines:
        console.print(Verbatim(line), soft_wrap=True)
