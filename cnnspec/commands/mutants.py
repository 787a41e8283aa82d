"""``cnnspec mutants``: the suite against faulty implementations."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.command()
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="Run with so many seeds, from 0.")
@click.option(
    "--effort",
    type=click.Choice(["quick", "default", "deep"]),
    default="default",
    show_default=True,
    help="How many cases to draw.",
)
@click.option(
    "--suite",
    "suites",
    type=click.Choice(["cnnspec", "onnx", "opinfo"]),
    multiple=True,
    help="Whose tests to run: cnnspec's (the default), ONNX's, PyTorch's.  May be repeated.",
)
@click.option("--whole", is_flag=True, help="Go on after the first failure, to learn every law that a fault breaks.")
@click.option("-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="How many processes.")
@click.option("--report", multiple=True, metavar="json=FILE", help="Write everything to a file; - is standard output.")
@click.option("-v", "--verbose", is_flag=True, help="Every fault with the law and the case that caught it.")
def mutants(patterns: tuple[str, ...], **options: Any) -> None:
    """Run the suite against faulty implementations, and print which law catches which fault, and how soon.

    PATTERN chooses faults by name ('kernel_*') or family (groups), or changes of the reference made by rule
    ('auto:*'); by default every fault of the zoo.  Exit code: 0 all are caught, 1 some are not.
    """
    from cnnspec.report import commands

    sys.exit(commands.mutants(patterns, **options))
