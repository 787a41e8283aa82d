"""The backward pass of a layer that is a class, in the styles of courses, books and blogs."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

import cnnspec as reference
from cnnspec import adapters
from cnnspec.harness.session import run
from cnnspec.implementation import Implementation

FORWARD = """
import numpy as np
import cnnspec as reference

class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        self.W = np.random.randn(out_channels, in_channels, kernel_size, kernel_size)
        self.b = np.zeros(out_channels)
        self.o = dict(stride=stride, padding=padding)
        self.grads = {}

    def forward(self, x):
        self.x = x
        return reference.conv2d(x, self.W, self.b, **self.o)

    def gradients(self, g):
        dx = reference.conv2d_input_grad(g, self.W, input_size=self.x.shape[2:], **self.o)
        dW = reference.conv2d_weight_grad(g, self.x, kernel_size=self.W.shape[2:], **self.o)
        return dx, dW, g.sum(axis=(0, 2, 3))

"""

STYLES = {
    "returned": "def backward(self, dout):\n    return self.gradients(dout)",
    "kept": "def backward(self, dout):\n    dx, self.dW, self.db = self.gradients(dout)\n    return dx",
    "in a dict": "def backward(self, dout):\n    dx, self.grads['W'], self.grads['b'] = self.gradients(dout)\n"
                 "    return dx",
    "as a dict": "def backward(self, dout):\n    return dict(zip(('dx', 'dW', 'db'), self.gradients(dout)))",
    "all kept": "def backward(self, dout):\n    self.dx, self.dW, self.db = self.gradients(dout)",
    "a step": "def backprop(self, dout, learning_rate):\n    dx, dW, db = self.gradients(dout)\n"
              "    self.W = self.W - learning_rate * dW\n    self.b = self.b - learning_rate * db\n    return dx",
    "a step in place": "def backward(self, dout, lr=0.1):\n    dx, dW, db = self.gradients(dout)\n"
                       "    self.W -= lr * dW\n    self.b -= lr * db\n    return dx",
}  # fmt: skip
GRADIENTS = {"conv2d_input_grad", "conv2d_weight_grad", "conv_bias_grad"}


def load(tmp_path: Path, text: str) -> Implementation:
    path = tmp_path / "mine.py"
    path.write_text(text)
    return adapters.load(str(path))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_read(style: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, FORWARD + indent(STYLES[style], "    ") + "\n")
    assert set(loaded.functions) >= GRADIENTS, loaded.notes
    rng = np.random.default_rng(7)
    x, w = rng.integers(-3, 4, (2, 3, 7, 6)).astype(float), rng.integers(-3, 4, (4, 3, 3, 3)).astype(float)
    options = {"stride": (2, 2), "padding": ((1, 1), (1, 1))}
    g = rng.integers(-3, 4, (2, 4, 4, 3)).astype(float)
    for name, arrays, more in (
        ("conv2d_input_grad", (g, w), {"input_size": (7, 6), **options}),
        ("conv2d_weight_grad", (g, x), {"kernel_size": (3, 3), **options}),
        ("conv_bias_grad", (g,), {}),
    ):
        right = getattr(reference, name)(*arrays, **more)
        np.testing.assert_array_equal(loaded.functions[name](*arrays, **more), right)
    assert loaded.claims.operations["conv2d_weight_grad"].options == loaded.claims.operations["conv2d"].options


def test_channels_last(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
import numpy as np
import cnnspec as reference

class Conv2D:
    def __init__(self, weights):
        self.weights = weights

    def forward(self, x):
        self.x = x
        return reference.conv2d(x.transpose(0, 3, 1, 2), self.weights.transpose(3, 2, 0, 1)).transpose(0, 2, 3, 1)

    def backward(self, dout):
        g, x, w = dout.transpose(0, 3, 1, 2), self.x.transpose(0, 3, 1, 2), self.weights.transpose(3, 2, 0, 1)
        self.dw = reference.conv2d_weight_grad(g, x, kernel_size=w.shape[2:]).transpose(2, 3, 1, 0)
        return reference.conv2d_input_grad(g, w, input_size=x.shape[2:]).transpose(0, 2, 3, 1)
""",
    )
    assert set(loaded.functions) == {"conv2d", "conv2d_input_grad", "conv2d_weight_grad"}, loaded.notes
    g, x = np.arange(60.0).reshape(1, 5, 4, 3), np.arange(60.0).reshape(1, 2, 6, 5) % 7
    right = reference.conv2d_weight_grad(g, x, kernel_size=(3, 3))
    np.testing.assert_array_equal(loaded.functions["conv2d_weight_grad"](g, x, kernel_size=(3, 3)), right)


def test_layers_without_weights(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
import cnnspec as reference

class ReLU:
    def forward(self, x):
        self.x = x
        return reference.relu(x)

    def backward(self, g):
        return g * (self.x > 0)

class MaxPool2D:
    def __init__(self, pool_size=2, stride=2):
        self.o = dict(kernel_size=pool_size, stride=stride)

    def forward(self, x):
        self.x = x
        return reference.max_pool2d(x, **self.o)

    def backward(self, g):
        return reference.max_pool2d_input_grad(g, self.x, **self.o)
""",
    )
    assert set(loaded.functions) == {"relu", "relu_input_grad", "max_pool2d", "max_pool2d_input_grad"}, loaded.notes
    assert "ReLU.backward is taken as relu_input_grad" in loaded.notes
    g, x = np.ones((1, 1, 2, 2)), np.arange(16.0).reshape(1, 1, 4, 4)
    options = {"kernel_size": (2, 2), "stride": (2, 2)}
    got = loaded.functions["max_pool2d_input_grad"](g, x, **options)
    np.testing.assert_array_equal(got, reference.max_pool2d_input_grad(g, x, **options))


@pytest.mark.parametrize(
    ("back", "why"),
    [
        ("def backward(self, dout):\n    raise NotImplementedError", "NotImplementedError"),
        ("def backward(self, dout, cache):\n    return dout", "it needs cache"),
        ("def backward(self, dout):\n    return 0", "it returns and keeps no array of the input's shape"),
    ],
)
def test_what_cannot_be_read_is_named(back: str, why: str, tmp_path: Path) -> None:
    loaded = load(tmp_path, FORWARD + indent(back, "    ") + "\n")
    assert "conv2d" in loaded.functions
    assert not GRADIENTS & set(loaded.functions)
    assert any("Conv2D.backward is not checked: " in note and why in note for note in loaded.notes), loaded.notes


def test_a_gradient_that_is_not_there_is_named(tmp_path: Path) -> None:
    back = "def backward(self, dout):\n    return self.gradients(dout)[:2]"
    loaded = load(tmp_path, FORWARD + indent(back, "    ") + "\n")
    assert "conv_bias_grad" not in loaded.functions
    assert any("nothing of the shape of conv_bias_grad's result" in note for note in loaded.notes), loaded.notes


def test_a_gradient_that_the_table_does_not_have_is_named(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
import cnnspec as reference

class LpPool2D:
    def __init__(self, kernel_size, stride=None):
        self.o = dict(kernel_size=kernel_size, stride=stride or kernel_size)

    def forward(self, x):
        return reference.lp_pool2d(x, p=2, **self.o)

    def backward(self, g):
        return g
""",
    )
    assert set(loaded.functions) == {"lp_pool2d"}
    assert "LpPool2D.backward is not checked: the gradient of lp_pool is not in the table" in loaded.notes


def test_one_layer_conforms_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    right = FORWARD + indent(STYLES["kept"], "    ") + "\n"
    wrong = right.replace("kernel_size=self.W.shape[2:], **self.o)", "kernel_size=self.W.shape[2:], **self.o) / len(g)")
    verdicts = []
    for number, text in enumerate((right, wrong)):
        path = tmp_path / f"layer{number}.py"
        path.write_text(text)
        verdicts.append({finding.op for finding in run(str(path), effort="quick").findings})
    assert verdicts == [set(), {"conv2d_weight_grad"}]
