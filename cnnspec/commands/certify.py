"""``cnnspec certify``: the layers of a network at their real sizes."""

from __future__ import annotations

import sys
from typing import Any

import click

from cnnspec.commands.limits import MEGABYTES, SECONDS, isolate

RESULTS = {"forward": "forward", "input-grad": "input gradient", "weight-grad": "weight gradient"}


@click.command()
@click.argument("target", default="reference")
@click.option(
    "--layers",
    default="resnet50",
    show_default=True,
    metavar="TABLE",
    help="resnet50, vgg16, mobilenetv2, convnext, unet3d, or a JSON file of layers.",
)
@click.option(
    "--only", multiple=True, metavar="LAYERS", help="Only these layers, as 'conv1,stage 2*'.  May be repeated."
)
@click.option("--batch", type=click.IntRange(1), default=1, show_default=True, help="How many samples.")
@click.option("--dtype", default="float32", show_default=True, help="float64, float32, float16 or bfloat16.")
@click.option("--result", "results", type=click.Choice([*RESULTS]), multiple=True,
              help="Which results; by default all that are claimed.  May be repeated.")  # fmt: skip
@click.option("--form", "forms", type=click.Choice(["float", "exact"]), multiple=True,
              help="Random numbers, or integers whose sums are exact; by default both.")  # fmt: skip
@click.option("--trials", type=click.IntRange(1), default=None,
              help="Random projections of each result; by default 8 of real numbers, 2 of integers.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of the data; projections are drawn afterwards.")
@isolate
@click.option("--timeout", type=SECONDS, default="5m", show_default=True, help="The longest one call may take.")
@click.option("--memory", type=MEGABYTES, default=None, help="The most memory the worker may hold, as 8G.")
@click.option("--report", multiple=True, metavar="json=FILE", help="Write everything to a file; - is standard output.")
@click.option("-q", "--quiet", is_flag=True, help="What is wrong alone, and no progress.")
@click.option("-v", "--verbose", is_flag=True, help="A sentence for each result.")
def certify(target: str, quiet: bool, verbose: bool, results: tuple[str, ...], **options: Any) -> None:
    """Check TARGET on the layers of a network at their real sizes, for a small part of the cost of computing them.

    A result is not computed anew: once TARGET has answered, it is projected on random directions, and compared with the
    projection of its arguments.  The probability that this misses a wrong element is printed; what is found is computed
    anew and named by sample, channel and position.

    TARGET is what it is for `cnnspec check`, and so is the exit code: 0 right, 1 wrong, 2 usage, 3 the target cannot be
    loaded, 4 incomplete, or nothing that could be checked.
    """
    from cnnspec.report import certificates

    chosen = tuple(RESULTS[name] for name in results)
    sys.exit(certificates.certify(target, results=chosen, verbosity=verbose - quiet, **options))
