"""``cnnspec vectors``: exact cases frozen into a file."""

from __future__ import annotations

import sys

import click


@click.group()
def vectors() -> None:
    """Freeze exact cases into a file, or hold such a file to the specification."""


@vectors.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("-o", "--operation", "operations", multiple=True, metavar="OPS", help="Only these operations.")
@click.option("-n", "--cases", type=click.IntRange(1), default=20, show_default=True, help="Cases for each operation.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same cases.")
def export(file: str, operations: tuple[str, ...], cases: int, seed: int) -> None:
    """Write vectors with exact results to FILE, one JSON object a line."""
    from pathlib import Path

    from cnnspec.vectors.frozen import export as write

    click.echo(f"wrote {write(Path(file), operations=operations, cases=cases, seed=seed)} vectors to {file}")


@vectors.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def verify(file: str) -> None:
    """Compute the vectors of FILE again, and name those that differ."""
    from pathlib import Path

    from cnnspec.vectors.frozen import verify as hold

    right, wrong = hold(Path(file))
    for each in wrong:
        click.echo(f"line {each.line}: {each.case}: {each.message}")
    click.echo(f"{right} vectors hold, {len({each.line for each in wrong})} do not")
    sys.exit(bool(wrong))
