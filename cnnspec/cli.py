"""The command ``cnnspec``: it reads arguments and hands them on.  Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Any

import click

from cnnspec import __version__
from cnnspec.errors import CnnspecError, TargetError

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
        """The commands in the order in which a user meets them."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say what is near."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise Stop(_no_command(args[0], list(self.commands)), USAGE)
        return super().resolve_command(ctx, args)


def _no_command(word: str, known: list[str]) -> str:
    from cnnspec.report.options import nearest

    if word.endswith(".py") or ":" in word:
        return f"{word!r} is no command; to check it write: cnnspec check {word}"
    return f"there is no command {word!r}{nearest(word, known) or ': there are ' + ', '.join(known)}"


class Measure(click.ParamType[Any]):
    """An option that a function of :mod:`cnnspec.report.options` reads."""

    def __init__(self, name: str, reader: str) -> None:
        self.name = name
        self._reader = reader

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text."""
        from cnnspec.report import options

        return getattr(options, self._reader)(value) if isinstance(value, str) else value


SECONDS, MEGABYTES = Measure("time", "seconds"), Measure("size", "megabytes")

LIMITS = (
    click.option("--isolate", type=click.Choice(["auto", "process", "none"]), default="auto", show_default=True,
                 help="Call the target in a worker process, or in this one."),
    click.option("--timeout", type=SECONDS, default="10s", show_default=True, help="The longest one call may take."),
    click.option("--memory", type=MEGABYTES, default=None, help="The most memory the worker may hold, as 2G."),
    click.option("--report", multiple=True, metavar="FORMAT=FILE",
                 help="Write a report: json, junit, html or md; the file - is the standard output. May be repeated."),
    click.option("-q", "--quiet", is_flag=True, help="One line for each finding, and no progress."),
    click.option("-v", "--verbose", is_flag=True, help="Every operation, every note, and a script for each finding."),
    click.option("-l", "--law", "laws", multiple=True, metavar="LAWS", help="Only these laws, as 'CORR-*,SHAPE-3'."),
)  # fmt: skip


def limited(command: Any) -> Any:
    """Add the options that every command which calls a target has."""
    for option in reversed(LIMITS):
        command = option(command)
    return command


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


@cli.command()
@click.argument("target", default="reference")
@click.option(
    "-o",
    "--operation",
    "operations",
    multiple=True,
    metavar="OPS",
    help="Only these operations, as conv2d,'max_pool*'; conv means every rank.",
)
@click.option(
    "--profile",
    type=click.Choice(["core", "standard", "strict"]),
    default="standard",
    show_default=True,
    help="How much of the specification to hold the target to.",
)
@click.option(
    "--effort",
    type=click.Choice(["quick", "default", "deep"]),
    default="default",
    show_default=True,
    help="How many cases to draw.",
)
@click.option("-n", "--cases", type=click.IntRange(1), default=None, help="Draw so many cases for each operation.")
@click.option("--time", "seconds", type=SECONDS, default=None, help="Stop drawing after so long, as 60s.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same cases.")
@click.option("-x", "--stop-at-first", is_flag=True, help="Stop at the first finding.")
@click.option("--check-protocol", is_flag=True, help="Look only at how a program (exec:COMMAND) speaks the protocol.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Share the cases out to N processes; the result is the same.",
    metavar="N",
)
@click.option(
    "--shard",
    default=None,
    metavar="I/N",
    help="Run the I-th of N shares of the cases, as 2/8; `cnnspec report merge` joins them.",
)
@click.option("--expect", default=None, metavar="FILE", help="A file of known failures, cnnspec.expect.toml.")
@click.option(
    "--database",
    default=None,
    metavar="FOLDER",
    help="Keep failing cases there, and run them first.  [default: .cnnspec if there is such a folder]",
)
@limited
def check(target: str, quiet: bool, verbose: bool, check_protocol: bool, **options: Any) -> None:
    """Check TARGET, and print what is wrong with it.

    TARGET is reference (the default), an installed framework (torch, onnxruntime, jax), a Python file
    (path/to/layers.py[:object]), a module (package.module[:object]), a program in any language (exec:COMMAND), the
    layers of an assignment (cs231n:path/to/layers.py) or mutant:NAME.  Functions are found by name, and their
    signatures say what they support.

    Exit code: 0 conforms, 1 does not, 2 usage, 3 the target cannot be loaded, 4 incomplete, 5 only stale expectations.
    """
    from cnnspec.report import commands, plugging

    if check_protocol:
        sys.exit(plugging.check_protocol(target))
    sys.exit(commands.check(target, verbosity=verbose - quiet, **options))


@cli.command()
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
    """Run CASE again on TARGET: a case in its text form, or a JSON report, whose findings are run again.

    TARGET is by default the report's own, or the reference.
    """
    from cnnspec.report import commands

    sys.exit(commands.replay(case, target, verbosity=verbose - quiet, **options))


@cli.command()
@click.argument("case")
@click.option(
    "--at", metavar="N,C,I,J", default=None, help="Which output element; by default one whose window is whole."
)
@click.option("--target", default=None, help="Show what this target gives there, too.")
def explain(case: str, at: str | None, target: str | None) -> None:
    """Draw the window of one output element of CASE, and write its sum out."""
    from cnnspec.report import commands

    sys.exit(commands.explain(case, at=at, target=target))


@cli.command()
@click.argument("op")
@click.option("--input", required=True, metavar="NxM", help="The spatial extents of the input, as 7x7.")
@click.option("--kernel", metavar="KxK", default=None, help="The kernel, as 3x3; one number serves every axis.")
@click.option("--stride", metavar="S", default=None, help="As 2 or 2x1.")
@click.option(
    "--padding", metavar="P", default=None, help="As 1, 1x2, pairs 1.0_0.2, or valid, same_upper, same_lower, causal."
)
@click.option("--dilation", metavar="D", default=None, help="As 2 or 2x1.")
@click.option("--ceil-mode", is_flag=True, help="Let the last window hang over the end.")
@click.option("--output-padding", metavar="E", default=None, help="For conv_transpose.")
@click.option("--output-size", metavar="MxM", default=None, help="For adaptive pooling.")
@click.option("--mode", default=None, help="For pad, convolve and cross_correlate.")
def shape(op: str, **options: Any) -> None:
    """Work out the output shape of OP, axis by axis: cnnspec shape conv2d --input 7x7 --kernel 3x3 --stride 2"""
    from cnnspec.report import commands

    sys.exit(commands.shape(op, **options))


@cli.command()
@click.argument("law", required=False)
@click.option("--short", is_flag=True, help="Titles alone.")
def laws(law: str | None, short: bool) -> None:
    """List the laws, or show LAW in full (an id such as CORR-1, or a pattern such as 'POOL-*')."""
    from cnnspec.report import atlas

    sys.exit(atlas.laws(law, short=short))


@cli.command()
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="Run with so many seeds, from 0.")
@click.option(
    "--effort",
    type=click.Choice(["quick", "default", "deep"]),
    default="default",
    show_default=True,
    help="How many cases to draw.",
)
@click.option(
    "--suite",
    "suites",
    type=click.Choice(["cnnspec", "onnx", "opinfo"]),
    multiple=True,
    help="Whose tests to run: cnnspec's (the default), ONNX's, PyTorch's.  May be repeated.",
)
@click.option("--whole", is_flag=True, help="Go on after the first failure, to learn every law that a fault breaks.")
@click.option("-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="How many processes.")
@click.option("--report", multiple=True, metavar="json=FILE", help="Write everything to a file; - is standard output.")
@click.option("-v", "--verbose", is_flag=True, help="Every fault with the law and the case that caught it.")
def mutants(patterns: tuple[str, ...], **options: Any) -> None:
    """Run the suite against faulty implementations, and print which law catches which fault, and how soon.

    PATTERN chooses faults by name ('kernel_*') or family (groups), or changes of the reference made by rule
    ('auto:*'); by default every fault of the zoo.  Exit code: 0 all are caught, 1 some are not.
    """
    from cnnspec.report import commands

    sys.exit(commands.mutants(patterns, **options))


@cli.group()
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


@cli.group()
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


@cli.group()
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


@cli.command()
@click.argument("folder", default=".")
@click.option("--lang", type=click.Choice(["python", "c", "cpp", "rust", "js"]), required=True, help="The language.")
def init(folder: str, lang: str) -> None:
    """Write a small program into FOLDER that can be checked at once, for you to go on from."""
    from cnnspec.report import plugging

    sys.exit(plugging.init(lang, folder))


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a sign shows another, and nothing breaks
        if "utf" not in (stream.encoding or "").lower() and isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli(prog_name="cnnspec")
