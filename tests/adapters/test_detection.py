"""The form in which a function is called: never one in which its fault does not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec import adapters
from cnnspec.adapters.detection import probe_case
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import TargetError
from cnnspec.operations import find
from cnnspec.reference import convolution

POOL = """
import numpy as np
from cnnspec.reference import pooling

def max_pool2d(x, kernel_size, stride={stride}, padding={padding}, dilation={dilation}, ceil_mode=False):
    if {fast}:
        return x[:, :, ::2, ::2]
    return pooling.max_pool(x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
"""

PAIRS = {"stride": "None", "padding": "((0, 0), (0, 0))", "dilation": "(1, 1)"}
INTS = {"stride": "None", "padding": "0", "dilation": "1"}


@pytest.mark.parametrize("defaults", [PAIRS, INTS])
@pytest.mark.parametrize("fast", ["(kernel_size, stride) == ((2, 2), (2, 2))", "kernel_size == (2, 2)"])
def test_a_fault_on_the_window_of_a_probe_does_not_choose_the_form(
    defaults: dict[str, str], fast: str, tmp_path: Path
) -> None:
    path = tmp_path / "layers.py"
    path.write_text(POOL.format(**defaults, fast=fast))
    found = adapters.load(str(path))
    claim = found.claims.operations["max_pool2d"]
    assert (claim.style, claim.padding, claim.uniform) == ("canonical", "asymmetric", False)
    case = Case.parse("max_pool2d:x=1x1x6x6,kernel_size=2x2,stride=2x2,padding=1.1_1.1,f64")
    assert found.functions["max_pool2d"](*make_arrays(case).values(), **case.call_options).shape == (1, 1, 3, 3)


def test_where_tuples_are_the_defaults_a_wrong_shape_everywhere_does_not_make_them_ints(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(POOL.format(**PAIRS, fast="isinstance(kernel_size, tuple)"))
    assert adapters.load(str(path)).claims.operations["max_pool2d"].style == "canonical"


def test_a_form_that_raises_is_not_taken_though_defaults_speak_it(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    source = POOL.format(**PAIRS, fast="isinstance(kernel_size, tuple) and 1 / 0")
    path.write_text(source)
    assert adapters.load(str(path)).claims.operations["max_pool2d"].style == "scalar"


CONV1D = """
import numpy as np
from cnnspec.reference import convolution

def conv1d(x, w, b=None, stride=1, padding={default}, dilation=1):
    {unpack}
    return convolution.conv(x, w, b, stride=(stride + 0,), padding=((lo + 0, hi + 0),), dilation=(dilation + 0,))
"""


@pytest.mark.parametrize("default", ["(0, 0)", "None"])
def test_one_axis_takes_its_padding_as_a_bare_pair(default: str, tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(CONV1D.format(default=default, unpack="lo, hi = padding or (0, 0)"))
    found = adapters.load(str(path))
    assert found.claims.operations["conv1d"].padding == "asymmetric"
    assert any("padding as one (lo, hi) (detected)" in note for note in found.notes)
    case = Case.parse("conv1d:x=2x3x9,w=4x3x3,b,stride=2,padding=1.3,f64,ints:5")
    arrays = make_arrays(case)
    right = convolution.conv(*arrays.values(), **case.call_options)
    assert (found.functions["conv1d"](*arrays.values(), **case.call_options) == right).all()


def test_a_pair_of_which_only_the_first_is_read_is_padding_per_axis(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(CONV1D.format(default="0", unpack="lo = hi = padding[0] if padding else 0"))
    found = adapters.load(str(path))
    assert found.claims.operations["conv1d"].padding == "symmetric"


@pytest.mark.parametrize(
    ("unpack", "plugged_in"),
    [
        ("lo, hi = (padding['lo'], padding['hi']) if padding is not None else (0, 0)", False),
        ("lo, hi = (misspelled, padding) if padding is not None else (0, 0)", False),
        ("lo, hi = (misspelled, padding) if padding else (0, 0)", True),
        ("lo, hi = misspelled, padding", True),
    ],
)
def test_what_answers_at_its_defaults_and_in_no_form_is_not_checked(
    unpack: str, plugged_in: bool, tmp_path: Path
) -> None:
    """One that raises at its defaults, or only where something is padded, is checked, and is wrong."""
    path = tmp_path / "layers.py"
    path.write_text(CONV1D.format(default="None", unpack=unpack))
    if plugged_in:
        assert list(adapters.load(str(path)).functions) == ["conv1d"]
        return
    with pytest.raises(TargetError, match="conv1d is not checked: it could not be plugged in: with stride=1, padding="):
        adapters.load(str(path))


def test_the_probes_differ_in_their_windows() -> None:
    operation = find("max_pool2d")[0]
    taken = ("kernel_size", "stride", "padding")
    first, second = (
        probe_case(operation, 2, taken, {"x": (2, 3, 8, 7)}, window=window)
        for window in ({"stride": 2, "kernel_size": 2}, {"stride": 1, "kernel_size": 3})
    )
    assert (first.options["kernel_size"], first.options["stride"]) == ((2, 2), (2, 2))
    assert (second.options["kernel_size"], second.options["stride"]) == ((3, 3), (1, 1))
