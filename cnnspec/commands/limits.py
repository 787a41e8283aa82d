"""The options of every command that calls a target: its limits, and what is shown and written."""

from __future__ import annotations

from typing import Any

import click


class Measure(click.ParamType[Any]):
    """An option that a function of :mod:`cnnspec.report.options` reads."""

    def __init__(self, name: str, reader: str) -> None:
        self.name = name
        self._reader = reader

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text."""
        from cnnspec.report import options

        return getattr(options, self._reader)(value) if isinstance(value, str) else value


SECONDS, MEGABYTES = Measure("time", "seconds"), Measure("size", "megabytes")

isolate = click.option("--isolate", type=click.Choice(["auto", "process", "none"]), default="auto", show_default=True,
                       help="Call the target in a worker process, or in this one.")  # fmt: skip

LIMITS = (
    isolate,
    click.option("--timeout", type=SECONDS, default="10s", show_default=True, help="The longest one call may take."),
    click.option("--memory", type=MEGABYTES, default=None, help="The most memory the worker may hold, as 2G."),
    click.option("--report", multiple=True, metavar="FORMAT=FILE",
                 help="Write a report: json, junit, html or md; the file - is the standard output. May be repeated."),
    click.option("-q", "--quiet", is_flag=True, help="One line for each finding, and no progress."),
    click.option("-v", "--verbose", is_flag=True, help="Every operation, every note, and a script for each finding."),
    click.option("-l", "--law", "laws", multiple=True, metavar="LAWS", help="Only these laws, as 'CORR-*,SHAPE-3'."),
)  # fmt: skip


DRAWN = (
    click.option("-o", "--operation", "operations", multiple=True, metavar="OPS",
                 help="Only these operations, as conv2d,'max_pool*'; conv means every rank."),
    click.option("--profile", type=click.Choice(["core", "standard", "strict"]), default="standard", show_default=True,
                 help="How much of the specification to hold a target to."),
    click.option("--effort", type=click.Choice(["quick", "default", "deep"]), default="default", show_default=True,
                 help="How many cases to draw."),
    click.option("-n", "--cases", type=click.IntRange(1), default=None, help="Draw so many cases for each operation."),
    click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same cases."),
)  # fmt: skip
"""Which cases are drawn, and what is asked of them."""


def drawn(command: Any) -> Any:
    """Add the options that say which cases are drawn."""
    return _with(DRAWN, command)


def limited(command: Any) -> Any:
    """Add the options that every command which calls a target has."""
    return _with(LIMITS, command)


def _with(options: tuple[Any, ...], command: Any) -> Any:
    for option in reversed(options):
        command = option(command)
    return command
