"""Faults of average pooling: what the sum is divided by."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant, rewrite
from cnnspec.mutants.plain import inside
from cnnspec.mutants.plain_pooling import averages, divisors, overhanging, usual

AVERAGE = ("avg_pool",)


@mutant(AVERAGE, "an average with count_include_pad counts what overhangs in ceil_mode", "count_include_pad with an overhanging window",
        lambda c: c.count_include_pad and overhanging(c), "microsoft/onnxruntime#16203", "microsoft/onnxruntime#29629",
        "apple/coremltools#2844", "tracel-ai/burn#5604", "pytorch/pytorch#198119", literal=True)  # fmt: skip
def average_counts_overhang(c: Call) -> Any:
    return averages(c, usual(c), prod(c.kernel))


@mutant(AVERAGE, "an average always divides by the size of the window", "a window with a tap that is not counted",
        lambda c: (divisors(c, usual(c)) != prod(c.kernel)).any(), literal=True)  # fmt: skip
def average_divides_by_kernel_size(c: Call) -> Any:
    return averages(c, usual(c), prod(c.kernel))


@rewrite(AVERAGE, "the padding always counts", "padding without count_include_pad")
def average_always_counts_padding(c: Call) -> dict[str, Any]:
    return {"count_include_pad": True} if c.padded else {}


@rewrite(AVERAGE, "the padding never counts", "padding with count_include_pad")
def average_never_counts_padding(c: Call) -> dict[str, Any]:
    return {"count_include_pad": False} if c.padded else {}


@rewrite(AVERAGE, "count_include_pad means its opposite", "padding")
def count_include_pad_inverted(c: Call) -> dict[str, Any]:
    return {"count_include_pad": not c.count_include_pad} if c.padded else {}


@mutant(AVERAGE, "padding counts in ceil_mode alone", "padding with count_include_pad, without ceil_mode",
        lambda c: c.padded and c.count_include_pad and not c.ceil_mode)  # fmt: skip
def padding_counts_in_ceil_mode_alone(c: Call) -> Any:
    return c(count_include_pad=False)


@mutant(AVERAGE, "only the padding of the low side counts", "a high pad with count_include_pad",
        lambda c: c.count_include_pad and any(a.hi for a in c.axes), literal=True)  # fmt: skip
def average_counts_low_pad_alone(c: Call) -> Any:
    at = usual(c)
    return averages(c, at, inside(at, [(-a.lo, n) for a, n in zip(c.axes, c.extents, strict=True)]).sum(-1))


@mutant(AVERAGE, "the sum is given, undivided", "windows of more than one tap", lambda c: prod(c.kernel) > 1, literal=True)
def average_is_a_sum(c: Call) -> Any:
    return averages(c, usual(c), 1)


@mutant(AVERAGE, "the average divides by the square of the first kernel extent", "kernel extents that differ",
        lambda c: len(set(c.kernel)) > 1, literal=True)  # fmt: skip
def average_divides_by_square(c: Call) -> Any:
    at = usual(c)
    return averages(c, at, divisors(c, at) * (c.kernel[0] ** c.rank / prod(c.kernel)))


@mutant(AVERAGE, "the average is an integer quotient", "windows of more than one tap", lambda c: prod(c.kernel) > 1)
def average_is_rounded_down(c: Call) -> Any:
    return np.floor(c())


@mutant(AVERAGE, "every window divides by the count of the first one", "windows with different counts",
        lambda c: len(set(divisors(c, usual(c)).tolist())) > 1, literal=True)  # fmt: skip
def average_divides_by_first_count(c: Call) -> Any:
    return averages(c, usual(c), divisors(c, usual(c))[0])
