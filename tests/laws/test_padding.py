from __future__ import annotations

import numpy as np
import pytest

PAD = "pad:x=2x3x5x4,padding=2.1_0.3,f64,ints:3"
MODES = ("reflect", "symmetric", "replicate", "circular")


def swapped(f):
    return lambda x, *, padding, **o: f(x, padding=tuple((hi, lo) for lo, hi in padding), **o)


@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_map(caught, mode: str) -> None:
    other = MODES[MODES.index(mode) - 1]
    failure = caught("PAD-1", f"{PAD},mode={mode}", lambda f: lambda x, *, mode, **o: f(x, mode=other, **o))
    assert f"mode {mode} puts a wrong element" in failure.message


def test_sides_swapped(caught) -> None:
    assert caught("PAD-1", PAD, swapped)
    assert "does not stand between the pads" in caught("PAD-2", PAD, swapped).message


def test_crops_are_seen_in_the_interior(caught) -> None:
    text = PAD.replace("2.1_0.3", "-2.1_0.-1")
    assert "does not stand between the pads" in caught("PAD-2", text, swapped).message


def test_an_ignored_value(caught) -> None:
    failure = caught("PAD-3", PAD, lambda f: lambda x, *, value, **o: f(x, value=0, **o))
    assert "the pads do not hold it alone" in failure.message


def test_a_value_that_changes_the_dtype(caught) -> None:
    def fault(f):
        return lambda x, *, value, **o: f(x.astype(np.float64) if value else x, value=value, **o)

    assert "the dtype becomes float64" in caught("PAD-3", PAD.replace("f64", "f32"), fault).message


def test_corners_left_zero(caught) -> None:
    def fault(f):
        def pad(x, *, padding, **o):
            y = f(x, padding=padding, **o)
            if all(any(pair) for pair in padding):
                y[:, :, : padding[0][0], : max(padding[1][0], 1)] = 0
            return y

        return pad

    assert "one axis after the other" in caught("PAD-4", f"{PAD},mode=replicate", fault).message


def test_zeros_in_a_maximum(caught) -> None:
    def fault(f):
        def pool(x, *, padding, **o):
            return f(np.pad(x, [(0, 0), (0, 0), *padding]), padding=((0, 0),) * len(padding), **o)

        return pool

    text = "max_pool2d:x=2x3x7x5,kernel_size=3x2,stride=2x3,padding=1.2_0.1,f64,negative:3"
    assert "is not the same as extending x by -inf" in caught("PAD-5", text, fault).message


def test_a_one_sided_pad(caught) -> None:
    def fault(f):
        return lambda *a, padding, **o: f(*a, padding=tuple((0, lo + hi) for lo, hi in padding), **o)

    for text in (
        "conv2d:x=2x4x7x11,w=6x4x3x2,stride=2x3,padding=1.0_0.2,i32,ints:3",
        "avg_pool2d:x=2x3x7x5,kernel_size=3x2,stride=2x3,padding=1.2_1.0,f32,real",
    ):
        assert "is not the same as extending x by 0" in caught("PAD-5", text, fault).message


def test_nothing_that_becomes_everything(caught) -> None:
    def fault(f):
        def pad(x, *, padding, **o):
            cut = tuple(slice(0, None if hi else -hi) for _, hi in padding)
            return f(x, padding=padding, **o)[:, :, *cut]

        return pad

    assert "changes the input" in caught("PAD-6", PAD, fault).message
