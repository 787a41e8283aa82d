"""The sparse matrix, the index sets and the counts are their definitions, and the matrix is the layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from cnnspec.errors import CnnspecError, DTypeError, ParameterError
from cnnspec.reference import connectivity
from cnnspec.reference.convolution import conv
from cnnspec.shapes import conv_shape
from cnnspec.spec import connectivity as definition


@st.composite
def layers(draw: st.DrawFn) -> tuple[tuple[int, ...], np.ndarray, dict[str, Any]]:
    """An input shape, integer weights and options that fit."""
    rank = draw(st.integers(1, 3))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    groups = draw(st.integers(1, 3))
    options = {
        "stride": per_axis(1, 3),
        "padding": tuple(zip(per_axis(-1, 2), per_axis(0, 2), strict=True)),
        "dilation": per_axis(1, 2),
        "groups": groups,
    }
    w = (groups * draw(st.integers(1, 2)), draw(st.integers(1, 2)), *per_axis(1, 3))
    x = (2, groups * w[1], *per_axis(1, 4))
    try:
        conv_shape(x, w, **options)
    except CnnspecError:
        assume(False)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return x, rng.integers(-2, 3, w), options


@settings(max_examples=300)
@given(layers())
def test_the_matrix_is_its_definition_and_the_layer(
    drawn: tuple[tuple[int, ...], np.ndarray, dict[str, Any]],
) -> None:
    x, w, options = drawn
    got = connectivity.conv_matrix(w, input_size=x[2:], **options)
    assert got.dtype == w.dtype
    np.testing.assert_array_equal(got.toarray(), definition.conv_matrix(w, input_size=x[2:], **options).astype(int))
    counts = definition.layer_counts(x, w.shape, **options)
    assert got.nnz == counts["nonzeros"]
    assert connectivity.layer_counts(x, w.shape, **options) == counts
    without = definition.layer_counts(x, w.shape, bias=False, **options)
    assert connectivity.layer_counts(x, w.shape, bias=False, **options) == without
    a = np.random.default_rng(3).integers(-9, 10, x)
    np.testing.assert_array_equal(got @ a[0].reshape(-1), conv(a, w, **options)[0].reshape(-1))


@settings(max_examples=200)
@given(layers(), st.randoms(use_true_random=False))
def test_an_output_reads_what_the_definition_says(
    drawn: tuple[tuple[int, ...], np.ndarray, dict[str, Any]], random: Any
) -> None:
    x, w, options = drawn
    y = conv_shape(x, w.shape, **options)
    output = tuple(random.randrange(m) for m in y[1:])
    expected = definition.reads(output, x, w.shape, **options)
    got = connectivity.reads(output, x, w.shape, **options)
    np.testing.assert_array_equal(got, expected)
    row = (
        connectivity.conv_matrix(np.ones_like(w), input_size=x[2:], **options).toarray().reshape(*y[1:], *x[1:])[output]
    )
    np.testing.assert_array_equal(row != 0, got)


def test_a_nan_outside_changes_nothing_and_inside_everything() -> None:
    rng = np.random.default_rng(4)
    x, w = rng.normal(size=(1, 4, 7, 6)), rng.normal(size=(6, 2, 3, 2))
    options: dict[str, Any] = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "groups": 2}
    y = conv(x, w, **options)
    output = (4, 1, 3)
    seen = connectivity.reads(output, x.shape, w.shape, **options)
    outside = np.where(seen, x[0], np.nan)[None]
    assert conv(outside, w, **options)[0][output] == y[0][output]
    for t in zip(*np.nonzero(seen), strict=True):
        inside = x.copy()
        inside[0][t] = np.nan
        assert np.isnan(conv(inside, w, **options)[0][output])


def test_a_large_layer_is_counted_by_formula() -> None:
    """The first layer of a 50-layer residual network, 224 x 224 x 3 to 112 x 112 x 64."""
    counts = connectivity.layer_counts((1, 3, 224, 224), (64, 3, 7, 7), stride=2, padding=3, bias=False)
    assert counts["parameters"] == 9408
    assert counts["multiply_adds"] == 112 * 112 * 64 * 147
    assert counts["dense_multiply_adds"] // counts["multiply_adds"] == 224 * 224 * 3 // 147


def test_refusals() -> None:
    with pytest.raises(DTypeError, match="SciPy's sparse arrays take, got float16"):
        connectivity.conv_matrix(np.ones((1, 1, 2), np.float16), input_size=(3,))
    with pytest.raises(ParameterError, match=r"below \(1, 3\), got \(0, 3\) \(CORR-4\)"):
        connectivity.reads((0, 3), (1, 1, 5), (1, 1, 3))
