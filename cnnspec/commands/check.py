"""``cnnspec check``: a target held to the laws."""

from __future__ import annotations

import sys
from typing import Any

import click

from cnnspec.commands.limits import SECONDS, drawn, limited


@click.command()
@click.argument("target", default="reference")
@drawn
@click.option(
    "--time",
    "seconds",
    type=SECONDS,
    default=None,
    help="Go on in rounds, with seeds that advance, for so long, as 8h.",
)
@click.option("--rounds", type=click.IntRange(1), default=None, metavar="N", help="Go on for N rounds.")
@click.option("-x", "--stop-at-first", is_flag=True, help="Stop at the first finding.")
@click.option("--check-protocol", is_flag=True, help="Look only at how a program (exec:COMMAND) speaks the protocol.")
@click.option("--detect", is_flag=True, help="Look only at which dialects the target follows, and what declares them.")
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
    "--dask",
    default=None,
    metavar="ADDRESS",
    help="Share the cases out to the Dask cluster with that scheduler; the result is the same.",
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
    help="Keep failing cases there, and run them first.  [default: .cnnspec if there is such a folder, or rounds]",
)
@limited
def check(target: str, quiet: bool, verbose: bool, check_protocol: bool, detect: bool, **options: Any) -> None:
    """Check TARGET, and print what is wrong with it.

    TARGET is reference (the default), an installed framework (torch, jax, tensorflow, onnxruntime, openvino, opencv,
    scipy, mlx, tinygrad, onnx-reference), also in another environment (torch?python=PATH), a Python file
    (path/to/layers.py[:object]), a module (package.module[:object]), a program in any language (exec:COMMAND), the
    layers of an assignment (cs231n:path/to/layers.py) or mutant:NAME.  Functions are found by name, and their
    signatures say what they support.

    Exit code: 0 conforms, 1 does not, 2 usage, 3 the target cannot be loaded, 4 incomplete, 5 only stale expectations.
    """
    from cnnspec.report import commands, plugging

    if check_protocol:
        sys.exit(plugging.check_protocol(target))
    if detect:
        from cnnspec.report import dialects

        sys.exit(dialects.show(target, **plugging.limits(options)))
    sys.exit(commands.check(target, verbosity=verbose - quiet, **options))
