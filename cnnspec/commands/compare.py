"""``cnnspec compare``: several targets, law by law, and where they disagree."""

from __future__ import annotations

import sys
from typing import Any

import click

from cnnspec.commands.limits import drawn, limited


@click.command()
@click.argument("targets", nargs=-1, metavar="TARGET TARGET...")
@drawn
@limited
def compare(targets: tuple[str, ...], quiet: bool, verbose: bool, **options: Any) -> None:
    """Check several TARGETs with the same seed, print the matrix law × target, and who agrees with whom.

    On the smallest case of every finding all targets that claim it are asked, and those that give the same stand
    together: where all of them stand against our own reference, that is said, since the fault is then likely ours.
    TARGET is what it is for `cnnspec check`.  --report takes json=FILE alone.

    Exit code: 0 all conform, 1 some do not, 2 usage, 3 a target cannot be loaded, 4 incomplete.
    """
    from cnnspec.report.compare import compare as run

    sys.exit(run(targets, verbosity=verbose - quiet, **options))
