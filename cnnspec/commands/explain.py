"""``cnnspec explain``: the sum behind one output element."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("case")
@click.option(
    "--at", metavar="N,C,I,J", default=None, help="Which output element; by default one whose window is whole."
)
@click.option("--target", default=None, help="Show what this target gives there, too.")
def explain(case: str, at: str | None, target: str | None) -> None:
    """Draw the window of one output element of CASE, and write its sum out."""
    from cnnspec.report import commands

    sys.exit(commands.explain(case, at=at, target=target))
