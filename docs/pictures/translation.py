"""Pictures of translation: an image is moved before a layer, or after it, and the two are compared."""

from __future__ import annotations

import numpy as np

from cnnspec.spec.convolution import conv
from cnnspec.spec.translation import translate
from docs.pictures.grid import plane
from docs.pictures.image import image, letter
from docs.pictures.svg import Part, below, beside, named, picture, text, words

KERNEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SHIFT = (3, 5)
WORDS = {
    "en": {
        "bench": "An edge filter on the letter F: moved, then filtered; filtered, then moved; and the difference.",
        "first": "moved, then filtered",
        "last": "filtered, then moved",
        "gap": "their difference",
        "circular": "circular padding",
        "constant": "zero padding",
        "alias": "1, −1, 1, −1 and the same moved by one; every second element of each is 1 or −1 throughout.",
        "x": "x",
        "tx": "x, moved by 1",
        "every": "every second element",
    },
    "zh": {
        "bench": "用边缘滤波器处理字母 F：先平移后滤波、先滤波后平移，以及两者之差。",
        "first": "先平移，后滤波",
        "last": "先滤波，后平移",
        "gap": "两者之差",
        "circular": "循环填充",
        "constant": "补零",
        "alias": "1、−1、1、−1 与它平移一格；各自隔一个取一个，分别全是 1 和全是 −1。",
        "x": "x",
        "tx": "x 平移 1 格",
        "every": "隔一个取一个",
    },
}


def bench(language: str) -> str:
    """Both orders and their difference, for circular and for zero padding."""
    says = WORDS[language]
    rows = [_bench(says, mode) for mode in ("circular", "constant")]
    return picture(below(*rows, gap=22), title=says["bench"])


def orders(mode: str) -> tuple[np.ndarray, np.ndarray]:
    """The letter moved and then filtered, and filtered and then moved."""
    x = letter()[None, None]

    def layer(plane_: np.ndarray) -> np.ndarray:
        return conv(plane_, KERNEL[None, None], padding=1, padding_mode=mode)

    first, last = layer(translate(x, SHIFT)), translate(layer(x), SHIFT)
    return first[0, 0].astype(int), last[0, 0].astype(int)


def _bench(says: dict[str, str], mode: str) -> Part:
    first, last = orders(mode)
    shown = zip(("first", "last", "gap"), (first, last, first - last), strict=True)
    most = np.abs(last).max()
    label = Part(text(108, 14, says[mode], "label", "end"), 110, 20)
    return beside(label, *(named(says[n], image(a, pixel=8, largest=most)) for n, a in shown), gap=26)


def alias(language: str) -> str:
    """A signal that a shift by one step turns upside down after subsampling."""
    says, x = WORDS[language], np.array([1, -1] * 4)
    rows = []
    for name, signal in (("x", x), ("tx", np.roll(x, 1))):
        kept = {(0, t): "hit" for t in range(0, 8, 2)}
        label = Part(text(100, 19, says[name], "label", "end"), 104, 30)
        y = plane(signal[::2].tolist(), dict.fromkeys(np.ndindex(1, 4), "out"))
        rows.append(beside(label, plane(signal.tolist(), kept), words("→"), y, gap=10))
    return picture(below(*rows, gap=8), title=says["alias"])
