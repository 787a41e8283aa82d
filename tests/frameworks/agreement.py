"""The reference against a framework, forward and backward, on drawn calls.

Data are integers in float64, times what the divisors of an average divide, so that every order of every sum gives one
result, and equal means equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import lcm, prod
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import cnnspec
from cnnspec.cases.case import Case
from cnnspec.cases.dice import seeded
from cnnspec.cases.strategies import cases, draw_case
from cnnspec.geometry import adaptive_window
from cnnspec.implementation import OperationClaims, full_claims
from cnnspec.operations import find

Pads = list[tuple[int, int]]


def claimed(name: str, *, without: tuple[str, ...] = (), **changes: Any) -> OperationClaims:
    """The operation's full claim in float64, changed, and without some options."""
    claim = full_claims(find(name)[0], dtypes=("float64",), **changes)
    return replace(claim, options=tuple(option for option in claim.options if option not in without))


def drawn(name: str, **changes: Any) -> st.SearchStrategy[Case]:
    """Calls of the operation in every rank, for Hypothesis to draw."""
    spelled = dict.fromkeys(find(name)[0].spelled(rank) for rank in (1, 2, 3))
    return st.one_of([cases(each, claimed(name, **changes), strict=False) for each in spelled])


def few(name: str, **changes: Any) -> Any:
    """A test's parameter ``case``: two calls of each rank, drawn once and for all."""
    operation, claim = find(name)[0], claimed(name, **changes)
    picked = [draw_case(seeded(seed), operation.spelled(seed % 3 + 1), claim, strict=False) for seed in range(6)]
    return pytest.mark.parametrize("case", picked, ids=str)


def unit(case: Case) -> int:
    """A common multiple of the divisors of every window."""
    name, extents = case.operation.name, case.shapes["x"][2:]
    if name == "adaptive_avg_pool":
        axes = zip(extents, case.options["output_size"], strict=True)
        return prod(lcm(*(len(adaptive_window(i, n, m)) for i in range(m))) for n, m in axes)
    if name == "global_avg_pool":
        return prod(extents)
    return prod(lcm(*range(1, k + 1)) for k in case.options["kernel_size"]) if name == "avg_pool" else 1


def integers(case: Case) -> list[Any]:
    """The arrays of the forward call; those of an average are multiples of the unit."""
    rng = np.random.default_rng(case.seed)
    return [unit(case) * rng.integers(-9, 10, shape).astype(np.float64) for shape in case.shapes.values()]


def cotangent(case: Case) -> Any:
    """A cotangent of the forward call."""
    rng = np.random.default_rng((case.seed, 1))
    return unit(case) * rng.integers(-9, 10, case.output_shape).astype(np.float64)


Pull = Callable[[Callable[..., Any], list[Any], Any], tuple[Any, list[Any]]]
"""A framework: from a function of its tensors, arrays and a cotangent to the result and the gradient of each array."""


def agree(case: Case, theirs: Callable[..., Any], pull: Pull) -> None:
    """The result and every gradient are those of the reference, exactly."""
    arrays, g = integers(case), cotangent(case)
    y, gradients = pull(lambda *tensors: theirs(*tensors, **case.options), arrays, g)
    np.testing.assert_array_equal(y, case.operation.reference(*arrays, **case.options))
    for ours, their in zip(GRADIENTS[case.operation.name](g, *arrays, **case.options), gradients, strict=True):
        np.testing.assert_array_equal(their, ours)


def written_out(case: Case) -> Pads:
    """Pads with which a plain pooling, of the floor rule and without pads of its own, has the same windows.

    The low pads stay; the high ones reach to the end of the last window, and crop what no window reads.
    """
    o = case.options
    dilations = o.get("dilation", (1,) * case.rank)
    axes = zip(case.shapes["x"][2:], o["kernel_size"], o["stride"], dilations, case.output_shape[2:], strict=True)
    ends = [(m - 1) * s + (k - 1) * d + 1 - n for n, k, s, d, m in axes]
    return [(lo, end - lo) for (lo, _), end in zip(o["padding"], ends, strict=True)]


def _conv(g: Any, x: Any, w: Any, b: Any = None, **o: Any) -> list[Any]:
    own = [
        cnnspec.conv_input_grad(g, w, input_size=x.shape[2:], **o),
        cnnspec.conv_weight_grad(g, x, kernel_size=w.shape[2:], **o),
    ]
    return own if b is None else [*own, cnnspec.conv_bias_grad(g)]


def _conv_transpose(g: Any, x: Any, w: Any, b: Any = None, **o: Any) -> list[Any]:
    own = [
        cnnspec.conv_transpose_input_grad(g, w, input_size=x.shape[2:], **o),
        cnnspec.conv_transpose_weight_grad(g, x, kernel_size=w.shape[2:], **o),
    ]
    return own if b is None else [*own, cnnspec.conv_bias_grad(g)]


def _pad(g: Any, x: Any, *, padding: Any, mode: Any, value: Any) -> list[Any]:
    return [cnnspec.pad_input_grad(g, input_size=x.shape[2:], padding=padding, mode=mode)]


def _of_x(gradient: Callable[..., Any]) -> Callable[..., list[Any]]:
    return lambda g, x, **o: [gradient(g, x, **o)]


GRADIENTS: dict[str, Callable[..., list[Any]]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "pad": _pad,
    "max_pool": _of_x(cnnspec.max_pool_input_grad),
    "avg_pool": _of_x(cnnspec.avg_pool_input_grad),
    "adaptive_max_pool": _of_x(cnnspec.adaptive_max_pool_input_grad),
    "adaptive_avg_pool": _of_x(cnnspec.adaptive_avg_pool_input_grad),
    "global_max_pool": _of_x(cnnspec.global_max_pool_input_grad),
    "global_avg_pool": _of_x(cnnspec.global_avg_pool_input_grad),
    "relu": _of_x(cnnspec.relu_input_grad),
}
"""Every gradient of an operation: from a cotangent, the arrays and the options of the forward call."""
