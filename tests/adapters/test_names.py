"""Names that are nearly right: taken where only capitals and underscores differ, asked about otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec import adapters
from cnnspec.errors import TargetError

FILE = """
import numpy as np

def ReLU(x):
    return np.maximum(x, 0)

def maxpool2D(x, kernel_size):
    k = kernel_size
    rows, columns = x.shape[2] // k, x.shape[3] // k
    x = x[:, :, : rows * k, : columns * k]
    return x.reshape(*x.shape[:2], rows, k, columns, k).max((3, 5))

def conv2d_old(x, w): ...

class AvgPool2d: ...

def train(x): ...
"""


def test_capitals_and_underscores_make_no_difference(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(FILE)
    found = adapters.load(f"{tmp_path}/layers.py")
    assert set(found.functions) == {"max_pool2d", "relu"}
    assert {"ReLU is taken as relu", "maxpool2D is taken as max_pool2d"} <= set(found.notes)


def test_a_function_that_is_left_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(FILE)
    said = [note for note in adapters.load(f"{tmp_path}/layers.py").notes if "is not checked" in note]
    assert [note.partition("?")[0] for note in said] == [
        "conv2d_old is not checked: is it meant to be conv2d", "AvgPool2d is not checked: is it meant to be avg_pool2d"
    ]  # fmt: skip
    assert list(adapters.load(f"{tmp_path}/layers.py", op="relu").functions) == ["relu"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def conv2d_old(x, w): ...", r"Is conv2d_old meant to be conv2d\? .* as \S+:conv2d_old\?op=c"),
        ("def conv_forward_naive(x, w, b, conv_param): ...", r"are checked as cs231n:\S+layers.py"),
        ("def convolve2d(x, k, padding): ...", r"convolve, with the kernel flipped, or conv2d, the layer"),
        ("class Conv3x3:\n  def __init__(self, n, extra): ...", r"such as def conv2d\(x, w, b, …\)"),
        ("class Conv2d:\n  def __init__(self, w): ...", r"Conv2d is a class, .* such as def conv2d\(x, w, b, …\)"),
        ("class Ops:\n  def relu(self, x): ...", r"The class Ops has relu: point at it, as \S+layers.py:Ops"),
        ("def main(): ...", r"Name the functions like the operations, or say .*:FUNCTION\?op=OPERATION"),
    ],
)
def test_the_way_out_where_nothing_is_found(source: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(source)
    with pytest.raises(TargetError, match=words):
        adapters.load(f"{tmp_path}/layers.py")
