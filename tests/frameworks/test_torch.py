"""The reference equals PyTorch on everything that both have; ``torch.nn.functional`` is called directly."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

import cnnspec
from cnnspec.cases.case import Case
from tests.frameworks.agreement import agree, cotangent, drawn, integers, written_out

torch = pytest.importorskip("torch")
F = torch.nn.functional

often = settings(max_examples=120)
OWN_POOLS: dict[str, Any] = {"padding": "symmetric", "limits": ("half_kernel_padding",)}
"""The pads that PyTorch's poolings take: as many on either side, at most half of the kernel."""


def pull(function: Callable[..., Any], arrays: list[Any], g: Any) -> tuple[Any, list[Any]]:
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    y = function(*leaves)
    y.backward(torch.tensor(g))
    return y.detach().numpy(), [leaf.grad.numpy() for leaf in leaves]


def ranked(name: str, x: Any) -> Any:
    """PyTorch's function of that name for the rank of ``x``."""
    return getattr(F, name.format(f"{x.ndim - 2}d"))


def padded(x: Any, pads: Any, value: float = 0) -> Any:
    """Padded and cropped; PyTorch writes the last axis first, and does not crop what it adds in one call."""
    flat = [p for pair in reversed(pads) for p in pair]
    return F.pad(F.pad(x, [max(p, 0) for p in flat], value=value), [min(p, 0) for p in flat])


def symmetric(padding: Any) -> tuple[int, ...]:
    return tuple(lo for lo, _ in padding)


@often
@given(drawn("conv"))
def test_conv(case: Case) -> None:
    def conv(x: Any, w: Any, b: Any = None, *, padding: Any, **o: Any) -> Any:
        return ranked("conv{}", x)(padded(x, padding), w, b, **o)

    agree(case, conv, pull)


@often
@given(drawn("conv", padding="asymmetric"), st.sampled_from(["reflect", "replicate", "circular"]))
def test_conv_with_a_padding_mode(case: Case, mode: str) -> None:
    """As in ``torch.nn.Conv2d``: pad, then convolve; PyTorch pads by less than the input, or as much in a circle."""
    x, w, *b = integers(case)
    o = {name: value for name, value in case.options.items() if name != "padding"}
    most = [n - (mode == "reflect") for n in x.shape[2:]]
    pads = tuple((min(lo, m), min(hi, m)) for (lo, hi), m in zip(case.options["padding"], most, strict=True))
    assume(case.with_options(padding=pads).valid)
    wide = F.pad(torch.tensor(x), [p for pair in reversed(pads) for p in pair], mode)
    expected = ranked("conv{}", wide)(wide, *map(torch.tensor, (w, *b)), **o)
    np.testing.assert_array_equal(cnnspec.conv(x, w, *b, padding=pads, padding_mode=mode, **o), expected)


@often
@given(drawn("conv_transpose"))
def test_conv_transpose(case: Case) -> None:
    """PyTorch crops both sides alike, so the pads crop the whole result, and the bias is added to what is left."""

    def conv_transpose(x: Any, w: Any, b: Any = None, *, padding: Any, **o: Any) -> Any:
        y = padded(ranked("conv_transpose{}", x)(x, w, **o), [(-lo, -hi) for lo, hi in padding])
        return y if b is None else y + b.reshape(-1, *(1,) * (x.ndim - 2))

    agree(case, conv_transpose, pull)


@often
@given(drawn("conv_transpose", padding="symmetric"))
def test_conv_transpose_with_its_own_pads(case: Case) -> None:
    def conv_transpose(x: Any, w: Any, b: Any = None, *, padding: Any, **o: Any) -> Any:
        return ranked("conv_transpose{}", x)(x, w, b, padding=symmetric(padding), **o)

    agree(case, conv_transpose, pull)


@often
@given(drawn("max_pool"))
def test_max_pool(case: Case) -> None:
    def max_pool(x: Any, *, kernel_size: Any, stride: Any, dilation: Any, **_: Any) -> Any:
        wide = padded(x, written_out(case), value=-np.inf)
        return ranked("max_pool{}", x)(wide, kernel_size, stride, dilation=dilation)

    agree(case, max_pool, pull)


@often
@given(drawn("max_pool", **OWN_POOLS))
def test_max_pool_with_its_own_pads_and_indices(case: Case) -> None:
    def max_pool(x: Any, *, padding: Any, **o: Any) -> Any:
        return ranked("max_pool{}", x)(x, padding=symmetric(padding), **o)

    agree(case, max_pool, pull)
    (x,) = integers(case)
    o = {**case.options, "padding": symmetric(case.options["padding"])}
    _, indices = ranked("max_pool{}", x)(torch.tensor(x), **o, return_indices=True)
    np.testing.assert_array_equal(indices, cnnspec.max_pool_with_indices(x, **case.options)[1])


@often
@given(drawn("avg_pool"))
def test_avg_pool(case: Case) -> None:
    """Sums over what is written out; the divisors are such sums too, of ones for what counts."""

    def avg_pool(x: Any, *, kernel_size: Any, stride: Any, padding: Any, count_include_pad: bool, **_: Any) -> Any:
        def total(a: Any) -> Any:
            return ranked("avg_pool{}", a)(a, kernel_size, stride) * prod(kernel_size)

        counted = padded(torch.ones_like(x), padding, value=int(count_include_pad))
        overhang = [(0, after - hi) for (_, hi), (_, after) in zip(padding, written_out(case), strict=True)]
        return total(padded(x, written_out(case))) / total(padded(counted, overhang)).round()

    agree(case, avg_pool, pull)


@often
@given(drawn("avg_pool", **OWN_POOLS))
def test_avg_pool_with_its_own_pads(case: Case) -> None:
    def avg_pool(x: Any, *, padding: Any, **o: Any) -> Any:
        return ranked("avg_pool{}", x)(x, padding=symmetric(padding), **o)

    agree(case, avg_pool, pull)


@often
@given(drawn("lp_pool"))
def test_lp_pool(case: Case) -> None:
    """The one that rounds on the way, and where PyTorch, which takes no absolute value, is given none to take.

    It forms a mean, a product, a root and perhaps a power of its own: with the rounding of each power, 6 roundings here
    and fewer in the reference.  A term of the gradient has 4 factors, each of at most 6 roundings, and is one of K.
    """
    x, g, o = np.abs(integers(case)[0]) + 1, np.abs(cotangent(case)), case.options
    windows = prod(-(-k // s) for k, s in zip(o["kernel_size"], o["stride"], strict=True))

    def lp_pool(x: Any) -> Any:
        return ranked("lp_pool{}", x)(padded(x, written_out(case)), o["p"], *plain(o["kernel_size"], o["stride"]))

    y, (gradient,) = pull(lp_pool, [x], g)
    expected, ours = cnnspec.lp_pool(x, **o), cnnspec.lp_pool_input_grad(g, x, **o)
    assert (np.abs(y - expected) <= 12 * 2.0**-53 * expected).all()
    assert (np.abs(gradient - ours) <= (48 + windows) * 2.0**-53 * ours).all()


def plain(*values: Any) -> list[Any]:
    """The int of a tuple of one: ``lp_pool1d`` takes no tuples."""
    return [value[0] if len(value) == 1 else value for value in values]


@pytest.mark.parametrize("name", ["adaptive_max_pool", "adaptive_avg_pool"])
def test_adaptive_pools(name: str) -> None:
    @often
    @given(drawn(name))
    def test(case: Case) -> None:
        agree(case, lambda x, output_size: ranked(name + "{}", x)(x, output_size), pull)

    test()


def test_global_pools() -> None:
    @often
    @given(drawn("global_max_pool"), drawn("global_avg_pool"))
    def test(largest: Case, mean: Case) -> None:
        agree(largest, lambda x: ranked("adaptive_max_pool{}", x)(x, 1), pull)
        agree(mean, lambda x: x.mean(tuple(range(2, x.ndim)), keepdim=True), pull)

    test()


MODES = ("constant", "reflect", "replicate", "circular")
LIMITS = ("reflect_pads_below_extent", "circular_pads_within_extent", "negative_pads_only_constant")


@often
@given(drawn("pad", choices={"mode": MODES}, limits=LIMITS))
def test_pad(case: Case) -> None:
    def pad(x: Any, *, padding: Any, mode: str, value: float) -> Any:
        if mode == "constant":
            return padded(x, padding, value)
        return F.pad(x, [p for pair in reversed(padding) for p in pair], mode)

    agree(case, pad, pull)


@often
@given(drawn("relu"))
def test_relu(case: Case) -> None:
    agree(case, F.relu, pull)
