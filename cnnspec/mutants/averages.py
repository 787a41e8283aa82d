"""Faults of average pooling: what the sum is divided by."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant, rewrite
from cnnspec.mutants.plain import inside
from cnnspec.mutants.plain_pooling import averages, divisors, overhanging, usual

AVERAGE = ("avg_pool",)


@mutant(
    AVERAGE,
    "count_include_pad with an overhanging window",
    lambda c: c.count_include_pad and overhanging(c),
    "microsoft/onnxruntime#16203",
    "microsoft/onnxruntime#29629",
    "apple/coremltools#2844",
    "tracel-ai/burn#5604",
    "pytorch/pytorch#198119",
    literal=True,
)
def average_counts_overhang(c: Call) -> Any:
    """An average with count_include_pad counts what overhangs in ceil_mode."""
    return averages(c, usual(c), prod(c.kernel))


@mutant(
    AVERAGE,
    "a window with a tap that is not counted",
    lambda c: (divisors(c, usual(c)) != prod(c.kernel)).any(),
    literal=True,
)
def average_over_full_window(c: Call) -> Any:
    """An average always divides by the size of the window."""
    return averages(c, usual(c), prod(c.kernel))


@rewrite(AVERAGE, "padding without count_include_pad")
def average_always_counts_padding(c: Call) -> dict[str, Any]:
    """The padding always counts."""
    return {"count_include_pad": True} if c.padded else {}


@rewrite(AVERAGE, "padding with count_include_pad")
def average_never_counts_padding(c: Call) -> dict[str, Any]:
    """The padding never counts."""
    return {"count_include_pad": False} if c.padded else {}


@rewrite(AVERAGE, "padding")
def count_include_pad_inverted(c: Call) -> dict[str, Any]:
    """``count_include_pad`` means its opposite."""
    return {"count_include_pad": not c.count_include_pad} if c.padded else {}


@mutant(
    AVERAGE,
    "padding with count_include_pad, without ceil_mode",
    lambda c: c.padded and c.count_include_pad and not c.ceil_mode,
)
def padding_counts_in_ceil_mode_alone(c: Call) -> Any:
    """Padding counts in ceil_mode alone."""
    return c(count_include_pad=False)


@mutant(
    AVERAGE,
    "a high pad with count_include_pad",
    lambda c: c.count_include_pad and any(a.hi for a in c.axes),
    literal=True,
)
def average_counts_low_pad_alone(c: Call) -> Any:
    """Only the padding of the low side counts."""
    at = usual(c)
    return averages(c, at, inside(at, [(-a.lo, n) for a, n in zip(c.axes, c.extents, strict=True)]).sum(-1))


@mutant(AVERAGE, "windows of more than one tap", lambda c: prod(c.kernel) > 1, literal=True)
def average_is_a_sum(c: Call) -> Any:
    """The sum is given, undivided."""
    return averages(c, usual(c), 1)


@mutant(AVERAGE, "kernel extents that differ", lambda c: len(set(c.kernel)) > 1, literal=True)
def average_divides_by_square(c: Call) -> Any:
    """The average divides by the square of the first kernel extent."""
    at = usual(c)
    return averages(c, at, divisors(c, at) * (c.kernel[0] ** c.rank / prod(c.kernel)))


@mutant(AVERAGE, "windows of more than one tap", lambda c: prod(c.kernel) > 1)
def average_is_rounded_down(c: Call) -> Any:
    """The average is an integer quotient."""
    return np.floor(c())


@mutant(AVERAGE, "windows with different counts", lambda c: len(set(divisors(c, usual(c)).tolist())) > 1, literal=True)
def average_divides_by_first_count(c: Call) -> Any:
    """Every window divides by the count of the first one."""
    return averages(c, usual(c), divisors(c, usual(c))[0])
