"""The suite as an ordinary test: it fails with the finding as its text."""

import layers
import pytest

import cnnspec


@pytest.mark.parametrize("op", ["conv2d", "conv2d_input_grad", "conv2d_weight_grad", "max_pool2d", "relu"])
def test_conforms(op):
    """Each operation by itself, so that a failure names it."""
    cnnspec.check(layers, op, effort="quick")
