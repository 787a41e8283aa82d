"""``cnnspec init``: a starter in a language."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("folder", default=".")
@click.option("--lang", type=click.Choice(["python", "c", "cpp", "rust", "js"]), required=True, help="The language.")
def init(folder: str, lang: str) -> None:
    """Write a small program into FOLDER that can be checked at once, for you to go on from."""
    from cnnspec.report import plugging

    sys.exit(plugging.init(lang, folder))
