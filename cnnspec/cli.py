"""The command ``cnnspec``: it finds the command that is asked for, and ends with one sentence whatever goes wrong.

Each command lies in a file of its own in :mod:`cnnspec.commands`, under its own name, and is imported when it is asked
for.  Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from cnnspec import __version__
from cnnspec.errors import CnnspecError, TargetError

COMMANDS = (
    "check", "compare", "replay", "explain", "shape", "laws", "certify", "mutants", "report", "expect", "vectors",
    "init",
)  # fmt: skip
"""In the order in which a user meets them."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

USAGE, NO_TARGET, INCOMPLETE = 2, 3, 4
"""Exit codes beside those of a report: a mistake in the call, a target that cannot be loaded, an interrupt."""


class Stop(click.ClickException):
    """The end of a command with one sentence and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """The exit code of the command."""
        return self.code

    def show(self, file: Any = None) -> None:
        """Print the sentence on the standard error."""
        click.echo(f"cnnspec: {self.message}", err=True)


class Commands(click.Group):
    """A group whose commands end with one clear sentence, whatever goes wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; its errors become sentences and exit codes."""
        try:
            return super().invoke(ctx)
        except TargetError as error:
            raise Stop(str(error), NO_TARGET) from None
        except CnnspecError as error:
            raise Stop(str(error), USAGE) from None
        except KeyboardInterrupt:
            raise Stop("interrupted before anything was found", INCOMPLETE) from None
        except BrokenPipeError:  # the reader of our output has gone
            sys.stderr.close()
            raise SystemExit(INCOMPLETE) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"cnnspec.commands.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say what is near."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise Stop(_no_command(args[0]), USAGE)
        return super().resolve_command(ctx, args)


def _no_command(word: str) -> str:
    from cnnspec.report.options import nearest

    if word.endswith(".py") or ":" in word:
        return f"{word!r} is no command; to check it write: cnnspec check {word}"
    return f"there is no command {word!r}{nearest(word, COMMANDS) or ': there are ' + ', '.join(COMMANDS)}"


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="cnnspec", message="%(prog)s %(version)s")
def cli() -> None:
    """Check implementations of convolution, pooling and padding against their executable specification.

    \b
    cnnspec check                         the built-in reference
    cnnspec check layers.py               functions of a file, found by name
    cnnspec check torch -o 'conv*'        an installed framework
    cnnspec explain conv2d:x=1x1x3x3,w=1x1x2x2,f64
    """


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign shows another, and nothing breaks
        if "utf" not in (stream.encoding or "").lower() and isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli(prog_name="cnnspec")
