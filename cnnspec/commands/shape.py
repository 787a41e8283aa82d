"""``cnnspec shape``: the arithmetic of an output shape."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.command()
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
