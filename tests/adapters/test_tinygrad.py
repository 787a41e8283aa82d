"""tinygrad as a target: every operation against the reference on exact integers, and what it does not have."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.tinygrad import to_array, to_tensor
from cnnspec.cases.case import Case
from cnnspec.errors import ShapeError, TargetError, Unsupported
from cnnspec.implementation import Implementation
from tests.adapters.tables import agrees, run

pytest.importorskip("tinygrad")

CASES = [
    "conv1d:x=2x4x5,w=6x2x3,b,stride=2,padding=1.0,groups=2,f32",
    "conv2d:x=2x4x5x3,w=6x2x3x2,b,stride=2x3,padding=1.0_2.1,dilation=1x2,groups=2,f32",
    "conv3d:x=1x2x3x2x4,w=3x2x2x2x1,stride=1x2x3,padding=1.0_0.0_2.1,f32",
    "conv1d_input_grad:x=2x4x6,w=6x2x3,stride=2,padding=1.0,groups=2,f32",
    "conv2d_input_grad:x=1x2x5x4,w=3x2x3x2,stride=2x3,padding=1.0_0.1,f32",
    "conv3d_input_grad:x=1x2x3x2x4,w=3x2x2x2x1,stride=1x2x3,f32",
    "conv1d_weight_grad:x=2x4x6,w=6x2x3,stride=2,padding=1.0,groups=2,f32",
    "conv2d_weight_grad:x=1x2x5x4,w=3x2x3x2,stride=2x3,padding=1.0_0.1,f32",
    "conv3d_weight_grad:x=1x2x3x2x4,w=3x2x2x2x1,stride=1x2x3,f32",
    "conv_transpose1d:x=2x4x3,w=4x3x3,b,stride=3,padding=1.0,output_padding=2,groups=2,f32",
    "conv_transpose2d:x=1x2x3x2,w=2x3x3x2,b,stride=2x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1,f32",
    "conv_transpose3d:x=1x2x2x2x3,w=2x3x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0,f32",
    "conv_transpose1d_input_grad:x=2x4x3,w=4x3x3,stride=3,padding=1.1,output_padding=2,groups=2,f32",
    "conv_transpose2d_input_grad:x=1x2x3x2,w=2x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x2,f32",
    "conv_transpose3d_input_grad:x=1x2x2x2x3,w=2x3x2x3x1,stride=1x2x3,f32",
    "conv_transpose1d_weight_grad:x=2x4x3,w=4x3x3,stride=3,padding=1.1,output_padding=2,groups=2,f32",
    "conv_transpose2d_weight_grad:x=1x2x3x2,w=2x3x3x2,stride=2x3,padding=1.0_0.1,output_padding=1x2,f32",
    "conv_transpose3d_weight_grad:x=1x2x2x2x3,w=2x3x2x3x1,stride=1x2x3,f32",
    "conv_bias_grad:x=2x3x4x5,f32",
    "max_pool1d:x=2x3x6,kernel_size=3,stride=2,padding=1.0,dilation=2,f32,negative:9",
    "max_pool2d:x=2x3x5x4,kernel_size=3x2,stride=2x3,padding=1.0_0.1,ceil_mode=1,i8,negative:9",
    "max_pool3d:x=1x2x3x2x4,kernel_size=2x2x1,stride=1x2x3,padding=1.1_0.0_0.0,f32",
    "max_pool1d_with_indices:x=2x3x6,kernel_size=3,stride=2,padding=1.1,f32",
    "max_pool2d_with_indices:x=2x3x5x4,kernel_size=3x2,stride=2x3,padding=1.1_0.0,f32",
    "max_pool3d_with_indices:x=1x2x3x2x4,kernel_size=2x2x1,stride=1x2x3,f32",
    "avg_pool1d:x=2x3x6,kernel_size=4,stride=2,padding=1.1,count_include_pad=0,f32",
    "avg_pool2d:x=2x3x5x4,kernel_size=4x2,stride=2x3,padding=2.1_0.1,f32",
    "avg_pool3d:x=1x2x3x2x4,kernel_size=2x2x1,stride=1x2x3,f32",
    "max_pool1d_input_grad:x=2x3x6,kernel_size=3,stride=2,padding=1.1,f32,iota",
    "max_pool2d_input_grad:x=1x2x5x4,kernel_size=3x2,stride=1x1,f32,iota",
    "max_pool3d_input_grad:x=1x2x3x2x4,kernel_size=2x2x1,stride=1x2x3,f32,iota",
    "avg_pool1d_input_grad:x=2x3x6,kernel_size=4,stride=2,f32",
    "avg_pool2d_input_grad:x=1x2x5x4,kernel_size=4x2,stride=2x3,f32",
    "avg_pool3d_input_grad:x=1x2x3x2x4,kernel_size=2x2x1,stride=1x2x3,f32",
    "global_max_pool:x=2x3x4x5,f32",
    "global_avg_pool:x=2x3x5,f32",
    "global_max_pool_input_grad:x=2x3x4x5,f32,iota",
    "global_avg_pool_input_grad:x=2x3x5,f32",
    "pad:x=2x3x4x5,padding=1.2_0.3,value=7,f32",
    "pad:x=2x3x4,padding=1.2,mode=reflect,f32",
    "pad:x=2x3x4x5,padding=1.2_3.0,mode=replicate,f64",
    "pad:x=2x3x4,padding=1.4,mode=circular,i32",
    "pad_input_grad:x=2x3x4x5,padding=1.2_0.3,f32",
    "pad_input_grad:x=2x3x4,padding=1.2,mode=reflect,f32",
    "relu:x=2x3x4x5,f16",
    "relu_input_grad:x=2x3x4x5,ints:2,f32",
]


@pytest.fixture(scope="module")
def target() -> Implementation:
    return adapters.load("tinygrad" if shutil.which("clang") else "tinygrad?device=PYTHON")


@pytest.mark.parametrize("text", CASES)
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    agrees(target, text)


def test_the_cases_above_cover_the_target(target: Implementation) -> None:
    assert {Case.parse(text).op for text in CASES} == set(target.functions)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64, np.uint8])
def test_arrays_keep_their_dtype_and_their_digits(dtype: type) -> None:
    a = np.array([[1, 3, 7]], dtype)[..., ::-1]
    back = to_array(to_tensor(a))
    assert back.dtype == a.dtype
    assert np.array_equal(back, a)


def test_integers_have_no_gradients(target: Implementation) -> None:
    with pytest.raises(Unsupported, match="does not differentiate functions of"):
        run(target, Case.parse("max_pool1d_input_grad:x=1x1x5,kernel_size=2,i32"))


def test_plain_kernels_are_asked_for_by_a_word() -> None:
    from tinygrad.helpers import NOOPT

    device = "CPU" if shutil.which("clang") else "PYTHON"
    try:
        plain = adapters.load(f"tinygrad?device={device}&kernels=plain")
        assert NOOPT.value == 1
        agrees(plain, CASES[1])
    finally:
        adapters.load(f"tinygrad?device={device}")
    assert NOOPT.value == 0
    with pytest.raises(TargetError, match="tinygrad: kernels must be one of optimized, plain; got 'fast'"):
        adapters.load("tinygrad?kernels=fast")


def test_a_device_that_is_not_there_and_one_without_its_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TargetError, match="tinygrad: device must be one of CPU, PYTHON; got 'TOASTER'"):
        adapters.load("tinygrad?device=toaster")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(TargetError, match=r"compiles for the CPU with clang, .* use tinygrad\?device=PYTHON"):
        adapters.load("tinygrad")


def test_one_pair_of_pads_is_not_read_as_a_number_for_each_of_two_axes(target: Implementation) -> None:
    options = {"stride": (1, 1), "dilation": (1, 1), "groups": 1}
    with pytest.raises(ShapeError, match=r"a pair for each of 2 spatial axes, got \(\(3, 0\),\) \(ARG-1\)"):
        target.functions["conv2d"](np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2)), padding=((3, 0),), **options)
