"""The poolings and their gradients against PyTorch, an implementation that shares no line with this one.

PyTorch takes symmetric pads of at most half the kernel, takes no absolute value in an Lp pooling, and names the last
NaN of a window; each of these differences is stated by a test of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from cnnspec.reference import activation, adaptive_pooling, pooling, pooling_gradients, unpooling

torch = pytest.importorskip("torch")
F = torch.nn.functional


@st.composite
def pools(draw: st.DrawFn, *, dilations: bool = True) -> tuple[np.ndarray, dict[str, Any]]:
    """Windows that PyTorch takes: pads of at most half the kernel, which always hold a real tap."""
    rank = draw(st.integers(1, 3))

    def per_axis(low: int, *highs: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for high in highs)

    kernel = per_axis(1, *(4,) * rank)
    dilation = per_axis(1, *(2 if dilations else 1,) * rank)
    padding = per_axis(0, *(k // 2 for k in kernel))
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    extents = tuple(draw(st.integers(max(span - p, 1), span + 4)) for span, p in zip(spans, padding, strict=True))
    options = {
        "kernel_size": kernel,
        "stride": per_axis(1, *(4,) * rank),
        "padding": padding,
        "ceil_mode": draw(st.booleans()),
    }
    if dilations:
        options["dilation"] = dilation
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.integers(-4, 5, (2, 3, *extents)).astype(np.float64), options


def rank_of(x: np.ndarray) -> int:
    return x.ndim - 2


def ours(function: Any, *args: Any, **options: Any) -> Any:
    """A call of ours, or ``None`` where a dilated window holds padding alone, which PyTorch takes."""
    try:
        return function(*args, **options)
    except Exception as refusal:
        if "POOL-2" not in str(refusal):
            raise
        return None


@settings(max_examples=800)
@given(pools())
def test_max_pooling_its_indices_and_its_gradient(drawn: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, options = drawn
    got = ours(pooling.max_pool_with_indices, x, **options)
    assume(got is not None)
    leaf = torch.tensor(x, requires_grad=True)
    function = getattr(F, f"max_pool{rank_of(x)}d")
    values, indices = function(leaf, **options, return_indices=True)
    np.testing.assert_array_equal(got[0], values.detach().numpy())
    np.testing.assert_array_equal(got[1], indices.numpy())
    g = np.random.default_rng(7).integers(-9, 10, got[0].shape).astype(np.float64)
    values.backward(torch.tensor(g))
    np.testing.assert_array_equal(pooling_gradients.max_pool_input_grad(g, x, **options), leaf.grad.numpy())


@settings(max_examples=800)
@given(pools(dilations=False), st.booleans(), st.sampled_from([None, None, 3]))
def test_average_pooling_and_its_gradient(
    drawn: tuple[np.ndarray, dict[str, Any]], include: bool, override: int | None
) -> None:
    """Cotangents are multiples of 5040, so that every division by a window's size is exact."""
    x, options = drawn
    options |= {"count_include_pad": include}
    if rank_of(x) > 1:
        options |= {"divisor_override": override}
    assume(rank_of(x) < 3 or all(n >= k for n, k in zip(x.shape[2:], options["kernel_size"], strict=True)))
    leaf = torch.tensor(x, requires_grad=True)
    y = getattr(F, f"avg_pool{rank_of(x)}d")(leaf, **options)
    got = pooling.avg_pool(x, **options)
    np.testing.assert_allclose(got, y.detach().numpy(), rtol=2**-50, atol=0)
    g = np.random.default_rng(7).integers(-9, 10, got.shape) * 5040.0
    y.backward(torch.tensor(g))
    grad = pooling_gradients.avg_pool_input_grad(g, x, **options)
    np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=2**-46, atol=2**-30)


@settings(max_examples=300)
@given(pools(dilations=False), st.sampled_from([1, 2, 3]))
def test_norm_pooling_and_its_gradient(drawn: tuple[np.ndarray, dict[str, Any]], p: int) -> None:
    """PyTorch pads nothing here, and needs positive numbers; its ceil rule scales a mean, so it is left out."""
    x, options = drawn
    x = np.abs(x) + 1
    options = {"kernel_size": options["kernel_size"], "stride": options["stride"]}
    assume(all(n >= k for n, k in zip(x.shape[2:], options["kernel_size"], strict=True)))
    leaf = torch.tensor(x, requires_grad=True)
    y = getattr(F, f"lp_pool{rank_of(x)}d")(leaf, p, **{k: v[0] if rank_of(x) == 1 else v for k, v in options.items()})
    got = pooling.lp_pool(x, p=p, **options)
    np.testing.assert_allclose(got, y.detach().numpy(), rtol=2**-44)
    g = np.random.default_rng(7).integers(-9, 10, got.shape).astype(np.float64)
    y.backward(torch.tensor(g))
    grad = pooling_gradients.lp_pool_input_grad(g, x, p=p, **options)
    np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=2**-40, atol=2**-40)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 9)), min_size=1, max_size=3), st.integers(0, 2**32))
def test_adaptive_pooling_and_its_gradients(axes: list[tuple[int, int]], seed: int) -> None:
    extents, sizes = zip(*axes, strict=True)
    rng = np.random.default_rng(seed)
    x = rng.integers(-4, 5, (2, 3, *extents)).astype(np.float64)
    for kind in ("max", "avg"):
        leaf = torch.tensor(x, requires_grad=True)
        y = getattr(F, f"adaptive_{kind}_pool{len(axes)}d")(leaf, sizes)
        got = getattr(adaptive_pooling, f"adaptive_{kind}_pool")(x, output_size=sizes)
        np.testing.assert_allclose(got, y.detach().numpy(), rtol=2**-50, atol=2**-50)
        g = rng.integers(-9, 10, got.shape).astype(np.float64)
        y.backward(torch.tensor(g))
        grad = getattr(pooling_gradients, f"adaptive_{kind}_pool_input_grad")(g, x, output_size=sizes)
        np.testing.assert_allclose(grad, leaf.grad.numpy(), rtol=2**-44, atol=2**-44)


@settings(max_examples=200)
@given(pools(dilations=False))
def test_unpooling(drawn: tuple[np.ndarray, dict[str, Any]]) -> None:
    x, options = drawn
    values, indices = pooling.max_pool_with_indices(x, **options)
    assume(_unpoolable(x, values, options))
    expected = getattr(F, f"max_unpool{rank_of(x)}d")(
        torch.tensor(values), torch.tensor(indices), options["kernel_size"], options["stride"], output_size=x.shape[2:]
    )
    np.testing.assert_array_equal(unpooling.max_unpool(values, indices, output_size=x.shape[2:]), expected.numpy())


def _unpoolable(x: np.ndarray, values: np.ndarray, options: dict[str, Any]) -> bool:
    """PyTorch takes an output size within one stride of what it would infer from values without padding."""
    inferred = [
        (m - 1) * s + k for m, s, k in zip(values.shape[2:], options["stride"], options["kernel_size"], strict=True)
    ]
    return all(abs(n - d) < s for n, d, s in zip(x.shape[2:], inferred, options["stride"], strict=True))


def test_relu_and_its_gradient() -> None:
    x = np.array([-np.inf, -3.0, -0.0, 0.0, 2.0, np.inf])
    leaf = torch.tensor(x, requires_grad=True)
    y = torch.relu(leaf)
    np.testing.assert_array_equal(activation.relu(x), y.detach().numpy())
    y.backward(torch.arange(1.0, 7.0, dtype=torch.float64))
    np.testing.assert_array_equal(activation.relu_input_grad(np.arange(1.0, 7.0), x), leaf.grad.numpy())


def test_where_pytorch_differs_an_index_of_nan() -> None:
    """PyTorch goes on to the last NaN; here the first is named.  The values agree."""
    x = np.array([[[np.nan, 1.0, np.nan]]])
    values, indices = F.max_pool1d(torch.tensor(x), 3, return_indices=True)
    mine = pooling.max_pool_with_indices(x, kernel_size=3)
    assert np.isnan(values.item())
    assert np.isnan(mine[0].item())
    assert (indices.item(), mine[1].item()) == (2, 0)


def test_where_pytorch_differs_negative_numbers_in_odd_norms() -> None:
    x = np.array([[[-2.0, 2.0]]])
    assert F.lp_pool1d(torch.tensor(x), 3, 2).item() == 0
    assert pooling.lp_pool(x, p=3, kernel_size=2).item() == pytest.approx(16 ** (1 / 3), rel=2**-50)


def test_where_pytorch_differs_pads_above_half_the_kernel() -> None:
    x = np.array([[[1.0, 2.0, 3.0, 4.0]]])
    with pytest.raises(RuntimeError, match="at most half"):
        F.max_pool1d(torch.tensor(x), 3, padding=2)
    assert pooling.max_pool(x, kernel_size=3, padding=((2, 0),)).tolist() == [[[1, 4]]]


def test_where_pytorch_differs_a_kernel_between_the_input_and_the_padded_input() -> None:
    """In three dimensions only, and for averages only."""
    x = np.ones((1, 1, 2, 2, 2))
    with pytest.raises(RuntimeError, match="smaller than kernel size"):
        F.avg_pool3d(torch.tensor(x), 3, padding=1)
    assert pooling.avg_pool(x, kernel_size=3, padding=1).shape == (1, 1, 1, 1, 1)


def test_where_pytorch_differs_the_gradient_at_nan() -> None:
    leaf = torch.tensor([float("nan")], requires_grad=True)
    torch.relu(leaf).backward(torch.tensor([5.0]))
    assert leaf.grad.item() == 5
    assert activation.relu_input_grad(np.array([5.0]), np.array([np.nan])).item() == 0
