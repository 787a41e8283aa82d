"""``cnnspec replay``: one case, or the findings of a report, again."""

from __future__ import annotations

import sys
from typing import Any

import click

from cnnspec.commands.limits import limited


@click.command()
@click.argument("case")
@click.argument("target", required=False)
@click.option(
    "--profile",
    type=click.Choice(["core", "standard", "strict"]),
    default=None,
    help="Which laws to ask; by default those of the standard profile, or of the report.",
)
@limited
def replay(case: str, target: str | None, quiet: bool, verbose: bool, **options: Any) -> None:
    """Run CASE again on TARGET: a case in its text form, a JSON report, or a folder of reports or of kept cases, whose
    findings are run again.

    TARGET is by default the report's own, or the reference.
    """
    from cnnspec.report import commands

    sys.exit(commands.replay(case, target, verbosity=verbose - quiet, **options))
