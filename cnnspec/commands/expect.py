"""``cnnspec expect``: the file of known failures."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.group()
def expect() -> None:
    """Keep the file of known failures."""


FILE = click.option("--file", default="cnnspec.expect.toml", show_default=True, help="The file.")


@expect.command()
@click.argument("cases", nargs=-1, required=True, metavar="CASE...")
@click.option("--reason", required=True, help="Why the failure is expected.")
@click.option("--when", default=None, help="The condition, as 'groups > 1'; by default what the cases have in common.")
@click.option("-o", "--operation", default=None, help="A pattern; by default the cases' own operations.")
@click.option("-l", "--law", default=None, help="A pattern; by default every law.")
@click.option("--issue", default="", help="Where it is written down.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The last day of the rule.")
@FILE
def add(file: str, cases: tuple[str, ...], **options: Any) -> None:
    """Add a rule to the file: the failing cases CASE... are its witnesses."""
    from cnnspec.report import expecting

    sys.exit(expecting.add(file, cases, **options))


@expect.command()
@click.argument("target")
@FILE
def prune(target: str, file: str) -> None:
    """Take the rules out of the file whose witnesses pass on TARGET, and those that have expired."""
    from cnnspec.report import expecting

    sys.exit(expecting.prune(file, target))
