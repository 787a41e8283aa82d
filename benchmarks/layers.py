"""The layers that the reference is timed on: some of known networks, some that grow, and some drawn at random."""

from __future__ import annotations

from itertools import islice
from math import exp, log, prod
from typing import NamedTuple

import numpy as np


class Layer(NamedTuple):
    """A convolution: channels, extents, kernel and options."""

    name: str
    c: int
    o: int
    extents: tuple[int, ...]
    kernel: tuple[int, ...]
    options: dict[str, int]
    batch: int = 1

    @property
    def counts(self) -> tuple[int, ...]:
        """The windows on each axis; below 1 where none fits."""
        s, p, d = (
            self.options.get(name, default) for name, default in (("stride", 1), ("padding", 0), ("dilation", 1))
        )
        return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k in zip(self.extents, self.kernel, strict=True))

    @property
    def work(self) -> int:
        """Multiply-adds."""
        return self.batch * prod(self.counts) * prod(self.kernel) * self.o * self.c // self.options.get("groups", 1)

    @property
    def text(self) -> str:
        """The layer in words."""
        size, k = ("x".join(map(str, sizes)) for sizes in (self.extents, self.kernel))
        said = "".join(f", {name} {value}" for name, value in self.options.items() if value != (name != "padding"))
        return f"{f'{self.batch} of ' if self.batch > 1 else ''}{self.c} to {self.o}, {size}, kernel {k}{said}"


LAYERS = [
    Layer("ResNet-50, first", 3, 64, (224, 224), (7, 7), {"stride": 2, "padding": 3}),
    Layer("ResNet-50, 3x3", 64, 64, (56, 56), (3, 3), {"padding": 1}),
    Layer("ResNet-50, 3x3", 128, 128, (28, 28), (3, 3), {"padding": 1}),
    Layer("ResNet-50, 3x3", 512, 512, (7, 7), (3, 3), {"padding": 1}),
    Layer("ResNet-50, 3x3, stride", 128, 128, (56, 56), (3, 3), {"stride": 2, "padding": 1}),
    Layer("ResNet-50, 1x1", 256, 64, (56, 56), (1, 1), {}),
    Layer("ResNet-50, 1x1, stride", 512, 1024, (28, 28), (1, 1), {"stride": 2}),
    Layer("dilated", 64, 64, (56, 56), (3, 3), {"padding": 2, "dilation": 2}),
    Layer("MobileNetV2, depthwise", 96, 96, (112, 112), (3, 3), {"stride": 2, "padding": 1, "groups": 96}),
    Layer("MobileNetV2, depthwise", 192, 192, (28, 28), (3, 3), {"padding": 1, "groups": 192}),
    Layer("MobileNetV2, 1x1", 32, 192, (28, 28), (1, 1), {}),
    Layer("ResNeXt, groups", 256, 256, (28, 28), (3, 3), {"padding": 1, "groups": 32}),
    Layer("U-Net, 3-d", 32, 32, (16, 24, 24), (3, 3, 3), {"padding": 1}),
    Layer("sound, 1-d", 64, 128, (4000,), (9,), {"stride": 2, "padding": 4}),
]
GROWING = {
    "extent": [Layer("growing", 32, 32, (n, n), (3, 3), {"padding": 1}) for n in (7, 14, 28, 56, 112)],
    "channels": [Layer("growing", c, c, (28, 28), (3, 3), {"padding": 1}) for c in (8, 16, 32, 64, 128, 256)],
}
LEAST, MOST = 1_000_000, 200_000_000
"""The multiply-adds of a layer that is drawn."""

ELEMENTS = 4_000_000
"""The most elements that its input or output has."""


def drawn(count: int, seed: int) -> list[Layer]:
    """``count`` layers drawn at random: dense, grouped, depthwise; of rank 1 to 3; narrow and wide, tall and flat."""
    rng = np.random.default_rng(seed)
    endless = (_drawn(rng) for _ in iter(int, 1))
    return list(islice(filter(_fits, endless), count))


def _drawn(rng: np.random.Generator) -> Layer:
    rank, kind = int(rng.integers(1, 4)), rng.choice(["dense", "groups", "depthwise"], p=[0.6, 0.2, 0.2])
    if kind == "dense":
        groups, c, o = 1, _size(rng, 1, 512), _size(rng, 1, 512)
    elif kind == "groups":
        groups = _size(rng, 2, 32)
        c, o = groups * _size(rng, 1, 16), groups * _size(rng, 1, 16)
    else:
        c = groups = _size(rng, 4, 512)
        o = groups * int(rng.integers(1, 3))
    any_kernel = tuple(_size(rng, 1, {1: 31, 2: 11, 3: 5}[rank]) for _ in range(rank))
    kernel = [(1,) * rank, (3,) * rank, any_kernel][rng.choice(3, p=[0.2, 0.4, 0.4])]
    stride, dilation = int(rng.choice([1, 1, 1, 2, 2, 3])), int(rng.choice([1, 1, 1, 2, 3]))
    padding = int(rng.integers(0, dilation * (min(kernel) - 1) // 2 + 1))
    extents = tuple(_size(rng, 4, {1: 20_000, 2: 256, 3: 48}[rank]) for _ in range(rank))
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return Layer("drawn", c, o, extents, kernel, options, int(rng.choice([1, 1, 1, 2, 4, 8])))


def _size(rng: np.random.Generator, low: int, high: int) -> int:
    """A number between two, as likely to be doubled anywhere."""
    return round(exp(rng.uniform(log(low), log(high))))


def _fits(layer: Layer) -> bool:
    if min(layer.counts) < 1:
        return False
    elements = layer.batch * max(layer.c * prod(layer.extents), layer.o * prod(layer.counts))
    return LEAST <= layer.work <= MOST and elements <= ELEMENTS
