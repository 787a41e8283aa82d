"""The commands that keep the file of known failures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from cnnspec.harness import expect_file


def add(file: str, cases: tuple[str, ...], *, expires: datetime | None, **options: Any) -> int:
    """Add a rule, and show it; the exit code."""
    block = expect_file.add(file, cases, expires=expires and expires.date(), **options)
    click.echo(f"added to {file}:\n\n{block}", nl=False)
    return 0


def prune(file: str, target: str) -> int:
    """Take out stale rules, and say which; the exit code."""
    said = expect_file.prune(file, target)
    click.echo("\n".join(said) or f"every rule of {file} still holds")
    return 0
