"""``cnnspec report``: reports joined."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.group()
def report() -> None:
    """Work with the reports of shares."""


@report.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--target", default=None, help="Explain the findings on this target; by default on the shares' own.")
@click.option("--report", multiple=True, metavar="FORMAT=FILE", help="Write a report, as for check.")
@click.option("-q", "--quiet", is_flag=True, help="One line for each finding.")
@click.option("-v", "--verbose", is_flag=True, help="Every operation, every note, and a script for each finding.")
def merge(files: tuple[str, ...], quiet: bool, verbose: bool, **options: Any) -> None:
    """Join the JSON reports of all shares of a run to the report of the whole run.

    FILE is what `cnnspec check TARGET --shard I/N --report json=FILE` wrote.  The exit code is that of the whole run.
    """
    from cnnspec.report import merging

    sys.exit(merging.merge(files, verbosity=verbose - quiet, **options))
