"""Learned kernels: whether a layer flips its kernel does not matter, as long as learning does not look at positions.

A network of true convolutions that starts from the flipped kernels of a network of cross-correlations, and sees the
same data, keeps the flipped kernels and the same outputs at every step.  Shown here with the two written separately:
the convolution adds indices, in its outputs and in its gradients, and never calls the correlation.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import fsum, sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnspec.laws.compare import equal
from cnnspec.laws.draws import Draws
from cnnspec.laws.law import Failure, theorem

if TYPE_CHECKING:
    from cnnspec.typing import Array, Shape

GOODFELLOW = (
    "Goodfellow, Bengio, Courville, Deep Learning (2016), 9.1; https://www.deeplearningbook.org/contents/convnets.html"
)
KINGMA = "Kingma and Ba 2015, Adam; https://arxiv.org/abs/1412.6980"
STEPS = 4
Add = Callable[[list[Any]], Any]
Rule: TypeAlias = "Callable[[Array, Array], Array]"
EXAMPLE = ("conv1d:x=1x1x3,w=1x1x2,f64,data.x=1_2_3,data.w=10_1", [[[12, 23]]])
"""The convolution of 1 2 3 with 1 10, computed by a layer with the flipped kernel 10 1."""


def correlation_tap(i: Shape, j: Shape, k: Shape) -> Shape:
    """The input position $i + j$ that a cross-correlation multiplies with weight ``j`` for output ``i``."""
    return tuple(a + b for a, b in zip(i, j, strict=True))


def convolution_tap(i: Shape, j: Shape, k: Shape) -> Shape:
    """The input position $i + (k - 1) - j$ that a convolution multiplies with weight ``j`` for output ``i``."""
    return tuple(a + n - 1 - b for a, b, n in zip(i, j, k, strict=True))


class Network:
    """One layer, relu, and half the squared distance to a target; ``tap`` says which of the two layers it is."""

    def __init__(self, w: Array, tap: Callable[[Shape, Shape, Shape], Shape], add: Add, update: Rule) -> None:
        self.w, self.tap, self.add, self.update = w, tap, add, update

    def forward(self, x: Array) -> Array:
        """The outputs before relu, $(N, O, *m)$."""
        k = self.w.shape[2:]
        extents = tuple(n - e + 1 for n, e in zip(x.shape[2:], k, strict=True))
        y = np.empty((len(x), len(self.w), *extents), dtype=object)
        for n, o, *i in np.ndindex(y.shape):
            taps = np.ndindex(self.w.shape[1:])
            y[n, o, *i] = self.add([x[n, c, *self.tap(tuple(i), tuple(j), k)] * self.w[o, c, *j] for c, *j in taps])
        return y

    def step(self, x: Array, target: Array) -> Array:
        """Learn from one batch, and return the outputs that it gave."""
        y = self.forward(x)
        g = np.where(y > 0, y - target, 0)
        grad, k = np.empty_like(self.w), self.w.shape[2:]
        for o, c, *j in np.ndindex(grad.shape):
            places = ((n, i) for n, *i in np.ndindex(len(x), *y.shape[2:]))
            grad[o, c, *j] = self.add([g[n, o, *i] * x[n, c, *self.tap(tuple(i), tuple(j), k)] for n, i in places])
        self.w = self.update(self.w, grad)
        return y


def flipped(w: Array) -> Array:
    """The kernels reversed on every spatial axis."""
    turned: Array = np.flip(w, tuple(range(2, w.ndim)))
    return turned


def together(seed: int, add: Add, number: Callable[[int], Any], rule: Callable[[], Rule]) -> Failure | None:
    """Train the two networks side by side; they must stay flips of one another and give the same outputs."""
    draws = Draws(seed)
    rank, k = draws.integer(1, 2), (3, 2)
    extents = tuple(draws.integer(e, e + 2) for e in k[:rank])
    convert = np.vectorize(number, otypes=[object])
    w = convert(draws.array((2, 2, *k[:rank]), 3))
    plain, turned = Network(w, correlation_tap, add, rule()), Network(flipped(w), convolution_tap, add, rule())
    for step in range(STEPS):
        x = convert(draws.array((2, 2, *extents), 3))
        target = convert(draws.array((2, 2, *(n - e + 1 for n, e in zip(extents, k, strict=False))), 3))
        outputs = plain.step(x, target), turned.step(x, target)
        for got, expected, words in ((outputs[1], outputs[0], "outputs"), (flipped(turned.w), plain.w, "kernels")):
            if failure := equal(expected, got, f"after {step + 1} steps the {words} of the two networks differ"):
                return failure
    return None


def momentum() -> Rule:
    """SGD with momentum 1/2, weight decay 1/16 and learning rate 1/64, in rational numbers."""
    velocity: list[Array] = []

    def update(w: Array, grad: Array) -> Array:
        step = grad + w * Fraction(1, 16)
        velocity[:] = [velocity[0] * Fraction(1, 2) + step if velocity else step]
        new: Array = w - velocity[0] * Fraction(1, 64)
        return new

    return update


def adam() -> Rule:
    """Adam with decoupled weight decay, in floats."""
    state: dict[str, Any] = {"m": 0.0, "v": 0.0, "t": 0}
    root = np.vectorize(sqrt, otypes=[object])

    def update(w: Array, grad: Array) -> Array:
        state["t"] += 1
        state["m"] = 0.9 * state["m"] + 0.1 * grad
        state["v"] = 0.999 * state["v"] + 0.001 * grad * grad
        m, v = state["m"] / (1 - 0.9 ** state["t"]), state["v"] / (1 - 0.999 ** state["t"])
        step: Array = m / (root(v) + 1e-8)
        return w - 0.01 * step - 0.001 * w

    return update


@theorem(
    "LEARN-1",
    title="flipped kernels stay flipped",
    formula="$w'_0 = R w_0 \\Rightarrow w'_t = R w_t$ and $y'_t = y_t$ at every step $t$",
    source=GOODFELLOW,
    operations=("conv", "conv_weight_grad"),
    example=EXAMPLE,
    mutants=(),
)
def learning_forgets_the_flip(seed: int) -> Failure | None:
    """Convolution trained from the flipped kernel learns the flipped kernel and gives the outputs of correlation."""
    return together(seed, sum, Fraction, momentum)


@theorem(
    "LEARN-2",
    title="Adam keeps them flipped too",
    formula="$\\Phi(R w, R \\bar w) = R\\,\\Phi(w, \\bar w)$ for an update $\\Phi$ that acts element by element",
    source=KINGMA,
    operations=("conv", "conv_weight_grad"),
    example=EXAMPLE,
    mutants=(),
)
def adam_forgets_the_flip(seed: int) -> Failure | None:
    """Any optimiser that treats every weight alike keeps the two alike: Adam does, to the last bit of each float."""
    # fsum rounds the exact sum once, whatever the order of its terms: what is left to differ is the optimiser
    return together(seed, fsum, float, adam)
