"""The gradients of the poolings against examples worked out by hand, and against their derivative."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from cnnspec.errors import ShapeError
from cnnspec.spec import pooling, pooling_gradients


def test_overlapping_windows_add() -> None:
    g, x = [[[1, 10, 100]]], [[[2, 9, 9, 4]]]
    assert pooling_gradients.max_pool_input_grad(g, x, kernel_size=2, stride=1).tolist() == [[[0, 11, 100, 0]]]
    average = pooling_gradients.avg_pool_input_grad(g, x, kernel_size=2, stride=1)
    assert average[0, 0].tolist() == [Fraction(1, 2), Fraction(11, 2), Fraction(110, 2), Fraction(100, 2)]


def test_the_first_of_equal_maxima_takes_all() -> None:
    g = pooling_gradients.max_pool_input_grad([[[[7]]]], [[[[3, 3], [3, 3]]]], kernel_size=2)
    assert g.tolist() == [[[[7, 0], [0, 0]]]]


def test_the_divisor_of_the_forward_pass() -> None:
    g, x = [[[12, 12, 12]]], [[[0, 0, 0, 0, 0]]]
    window = {"kernel_size": 3, "stride": 2, "padding": 1}
    assert pooling_gradients.avg_pool_input_grad(g, x, **window)[0, 0].tolist() == [4, 8, 4, 8, 4]
    without = pooling_gradients.avg_pool_input_grad(g, x, **window, count_include_pad=False)
    assert without[0, 0].tolist() == [6, 10, 4, 10, 6]
    over = pooling_gradients.avg_pool_input_grad(g, x, **window, divisor_override=6)
    assert over[0, 0].tolist() == [2, 4, 2, 4, 2]
    dilated = {"kernel_size": 2, "dilation": 2, "stride": 2, "padding": 1}
    assert pooling_gradients.avg_pool_input_grad(g, x, **dilated)[0, 0].tolist() == [0, 12, 0, 12, 0]
    shares = pooling_gradients.lp_pool_input_grad([[[10, 7, 5]]], [[[1, 3, 1, -4, 1]]], **dilated, p=1)
    assert shares[0, 0].tolist() == [0, 17, 0, -12, 0]


def test_norms_share_by_size_and_sign() -> None:
    g, x = [[[10]]], [[[3, -4]]]
    assert pooling_gradients.lp_pool_input_grad(g, x, kernel_size=2)[0, 0].tolist() == [6, -8]
    assert pooling_gradients.lp_pool_input_grad(g, x, kernel_size=2, p=1)[0, 0].tolist() == [10, -10]
    assert pooling_gradients.lp_pool_input_grad(g, x, kernel_size=2, p=float("inf"))[0, 0].tolist() == [0, -10]
    assert pooling_gradients.lp_pool_input_grad(g, [[[0, 0]]], kernel_size=2)[0, 0].tolist() == [0, 0]


def test_adaptive_and_global() -> None:
    g, x = [[[6, 60]]], [[[1, 5, 2]]]
    assert pooling_gradients.adaptive_max_pool_input_grad(g, x, output_size=2).tolist() == [[[0, 66, 0]]]
    assert pooling_gradients.adaptive_avg_pool_input_grad(g, x, output_size=2).tolist() == [[[3, 33, 30]]]
    assert pooling_gradients.global_max_pool_input_grad([[[6]]], x).tolist() == [[[0, 6, 0]]]
    assert pooling_gradients.global_avg_pool_input_grad([[[6]]], x).tolist() == [[[2, 2, 2]]]


def test_a_smooth_gradient_is_the_difference_quotient() -> None:
    """Exactly so where the pooling is linear: <avg(x), g> = <x, avg_grad(g)> in fractions."""
    rng = np.random.default_rng(5)
    x = rng.integers(-9, 10, (2, 3, 5, 4))
    window = {"kernel_size": (3, 2), "stride": (2, 1), "padding": ((1, 0), (0, 1)), "ceil_mode": True}
    y = pooling.avg_pool(x, **window)
    g = rng.integers(-9, 10, y.shape).astype(object)
    assert (y * g).sum() == (pooling_gradients.avg_pool_input_grad(g, x, **window) * x).sum()


def test_the_cotangent_has_the_outputs_shape() -> None:
    with pytest.raises(ShapeError, match=r"grad_output must have the shape \(1, 1, 2\) of the output, got \(1, 1, 3\)"):
        pooling_gradients.max_pool_input_grad([[[1, 2, 3]]], [[[1, 2, 3, 4]]], kernel_size=2)
