"""``cnnspec laws``: the list of the laws, or one in full."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("law", required=False)
@click.option("--short", is_flag=True, help="Titles alone.")
def laws(law: str | None, short: bool) -> None:
    """List the laws, or show LAW in full (an id such as CORR-1, or a pattern such as 'POOL-*')."""
    from cnnspec.report import atlas

    sys.exit(atlas.laws(law, short=short))
