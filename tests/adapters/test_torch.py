"""PyTorch as a target: every operation against the reference on exact integers, and the way of its arrays."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.torch import to_array, to_tensor
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import SHORT, Case
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Implementation
from cnnspec.operations import spelled_names

torch = pytest.importorskip("torch")

CASES = [
    "conv1d:x=2x4x9,w=6x2x3,b,stride=2,padding=1.1,dilation=2,groups=2",
    "conv2d:x=2x4x7x9,w=6x2x3x2,b,stride=2x3,padding=1.1_2.2,dilation=1x2,groups=2",
    "conv3d:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,padding=1.1_0.0_2.2",
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,padding=1.1,output_padding=2,groups=2",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=2x3,padding=1.1_0.0,output_padding=1x2,dilation=2x1,groups=2",
    "conv_transpose3d:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0",
    "conv1d_input_grad:x=2x4x10,w=6x2x3,stride=2,padding=1.1,groups=2",
    "conv2d_input_grad:x=2x4x7x10,w=6x2x3x2,stride=2x3,padding=1.1_0.0,dilation=1x2,groups=2",
    "conv3d_input_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3",
    "conv1d_weight_grad:x=2x4x10,w=6x2x3,stride=2,padding=1.1,groups=2",
    "conv2d_weight_grad:x=2x4x7x10,w=6x2x3x2,stride=2x3,padding=1.1_0.0,dilation=1x2,groups=2",
    "conv3d_weight_grad:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3",
    "conv_transpose1d_input_grad:x=2x4x5,w=4x3x3,stride=3,padding=1.1,output_padding=2,groups=2",
    "conv_transpose2d_input_grad:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=1.1_0.0,output_padding=1x2,dilation=2x1",
    "conv_transpose3d_input_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0",
    "conv_transpose1d_weight_grad:x=2x4x5,w=4x3x3,stride=3,padding=1.1,output_padding=2,groups=2",
    "conv_transpose2d_weight_grad:x=2x4x5x3,w=4x3x3x2,stride=2x3,padding=1.1_0.0,output_padding=1x2,dilation=2x1",
    "conv_transpose3d_weight_grad:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0",
    "conv_bias_grad:x=2x3x7x5",
    "max_pool1d:x=2x3x9,kernel_size=3,stride=2,padding=1.1,dilation=2",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.1_0.0,dilation=1x2,ceil_mode=1",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,padding=1.1_0.0_0.0",
    "max_pool1d_with_indices:x=2x3x9,kernel_size=3,stride=2,padding=1.1",
    "max_pool2d_with_indices:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.1_0.0,ceil_mode=1",
    "max_pool3d_with_indices:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3",
    "avg_pool1d:x=2x3x9,kernel_size=4,stride=2,padding=1.1,count_include_pad=0",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.1_0.0,ceil_mode=1",
    "avg_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,padding=1.1_0.0_0.0",
    "lp_pool1d:x=2x3x9,kernel_size=4,stride=2,p=1,negative:5",
    "lp_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,p=2",
    "lp_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,p=2",
    "adaptive_max_pool1d:x=2x3x9,output_size=4",
    "adaptive_max_pool2d:x=2x3x7x9,output_size=3x11",
    "adaptive_max_pool3d:x=2x3x5x4x6,output_size=2x3x1",
    "adaptive_avg_pool1d:x=2x3x9,output_size=4",
    "adaptive_avg_pool2d:x=2x3x7x9,output_size=3x11",
    "adaptive_avg_pool3d:x=2x3x5x4x6,output_size=2x3x1",
    "max_pool1d_input_grad:x=2x3x9,kernel_size=3,stride=2,padding=1.1",
    "max_pool2d_input_grad:x=2x3x7x9,kernel_size=3x2,stride=1x1,padding=1.1_0.0,dilation=1x2,ceil_mode=1",
    "max_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3",
    "avg_pool1d_input_grad:x=2x3x9,kernel_size=4,stride=2,padding=1.1,count_include_pad=0",
    "avg_pool2d_input_grad:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=1.1_0.0,ceil_mode=1",
    "avg_pool3d_input_grad:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3",
    "adaptive_max_pool1d_input_grad:x=2x3x9,output_size=4,ints:1",
    "adaptive_max_pool2d_input_grad:x=2x3x7x9,output_size=3x11",
    "adaptive_max_pool3d_input_grad:x=2x3x5x4x6,output_size=2x3x1",
    "adaptive_avg_pool1d_input_grad:x=2x3x9,output_size=4",
    "adaptive_avg_pool2d_input_grad:x=2x3x7x9,output_size=3x11",
    "adaptive_avg_pool3d_input_grad:x=2x3x5x4x6,output_size=2x3x1",
    "global_max_pool_input_grad:x=2x3x7x9",
    "global_avg_pool_input_grad:x=2x3x9",
    "pad_input_grad:x=2x3x7x9,padding=1.2_0.3",
    "pad_input_grad:x=2x3x7,padding=1.2,mode=reflect",
    "pad_input_grad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=replicate",
    "pad_input_grad:x=2x3x7x9,padding=1.2_9.3,mode=circular",
    "relu_input_grad:x=2x3x7x9,ints:2",
    "global_max_pool:x=2x3x7x9",
    "global_avg_pool:x=2x3x9",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7",
    "pad:x=2x3x7,padding=1.2,mode=reflect",
    "pad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=replicate",
    "pad:x=2x3x7x9,padding=1.2_9.3,mode=circular",
    "relu:x=2x3x7x9",
]
LP_OF_NEGATIVES = "lp_pool1d:x=2x3x9,kernel_size=4,stride=2,p=1,negative:5"


@pytest.fixture(scope="module")
def target() -> Implementation:
    return adapters.load("torch")


def run(target: Implementation, case: Case) -> list[np.ndarray]:
    operation = case.operation
    taken = {*operation.derived, *target.claims.operations[case.op].options}
    options = {name: value for name, value in case.call_options.items() if name in taken}
    result = target.functions[case.op](*make_arrays(case).values(), **options)
    return list(result) if isinstance(result, tuple) else [result]


def expected(case: Case) -> list[np.ndarray]:
    result = case.operation.reference(*make_arrays(case).values(), **case.call_options)
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("text", [text for text in CASES if text != LP_OF_NEGATIVES])
def test_every_operation_agrees_with_the_reference(target: Implementation, text: str) -> None:
    case = Case.parse(text)
    for got, wanted in zip(run(target, case), expected(case), strict=True):
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        # averages and roots round, and shares of either sign may cancel; the rest is exact
        np.testing.assert_allclose(got, wanted, rtol=1e-14, atol=1e-15 * ("avg" in text))


def test_every_operation_of_the_table_is_there_but_the_signal_level(target: Implementation) -> None:
    assert set(target.functions) == set(spelled_names()) - {"convolve", "cross_correlate"}
    assert {Case.parse(text).op for text in CASES} == set(target.functions)


def test_lp_pooling_takes_no_absolute_value_and_says_so(target: Implementation) -> None:
    case = Case.parse(LP_OF_NEGATIVES)
    assert np.array_equal(run(target, case)[0], -expected(case)[0])
    assert target.claims.dialects["pool.lp.abs"] == "no"


def test_a_worked_convolution(target: Implementation) -> None:
    """1·1 + 2·2 + 3·3 + 4·4 = 30 and 3·1 + 4·2 + 5·3 + 6·4 = 50."""
    assert run(target, Case.parse("conv2d:x=1x1x3x2,w=1x1x2x2,iota"))[0].tolist() == [[[[30], [50]]]]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "int32"])
def test_the_result_has_the_dtype_of_the_arguments(target: Implementation, dtype: str) -> None:
    case = Case.parse(f"conv2d:x=2x3x7x9,w=4x3x3x2,{SHORT[dtype]},ints:2")
    (got,), (wanted,) = run(target, case), expected(case)
    assert got.dtype.name == dtype
    assert np.array_equal(got, wanted)


@pytest.mark.parametrize("layout", ["F", "last", "T", "step", "rev", "offset", "zero", "ro"])
def test_arrays_in_every_layout(target: Implementation, layout: str) -> None:
    case = Case.parse(f"conv2d:x=2x3x7x9,w=4x3x3x2,layout.x={layout},layout.w={layout}")
    assert np.array_equal(run(target, case)[0], expected(case)[0])


def test_a_view_stays_a_view_unless_a_stride_is_negative() -> None:
    a = np.arange(24.0).reshape(2, 3, 4)[:, :, ::2]
    tensor = to_tensor(a)
    assert tensor.stride() == (12, 4, 2)
    assert tensor.data_ptr() == a.ctypes.data
    assert to_tensor(a[::-1]).stride() == (6, 2, 1)
    assert to_tensor(np.broadcast_to(a[:1], a.shape)).stride() == (0, 4, 2)


def test_bfloat16_keeps_every_bit() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(ml_dtypes.bfloat16)
    tensor = to_tensor(every)
    assert tensor.dtype == torch.bfloat16
    assert float(tensor[0x4049]) == 3.140625
    assert np.array_equal(to_array(tensor).view(np.uint16), every.view(np.uint16))


def test_claims_are_what_torch_documents(target: Implementation) -> None:
    claims = target.claims.operations
    assert claims["conv2d"].padding == "symmetric"
    assert claims["max_pool2d"].limits == ("half_kernel_padding",)
    assert claims["pad"].choices == {"mode": ("constant", "reflect", "replicate", "circular")}
    assert claims["pad"].padding == "asymmetric"
    assert "padding" not in claims["lp_pool2d"].options
    assert target.version == torch.__version__


def test_different_pads_on_one_axis_are_unsupported(target: Implementation) -> None:
    with pytest.raises(Unsupported, match="padding is the same on both sides here"):
        run(target, Case.parse("conv2d:x=2x3x7x9,w=4x3x3x2,padding=1.0_0.0"))


def test_an_invalid_call_raises_what_torch_raises(target: Implementation) -> None:
    arrays = make_arrays(Case.parse("conv2d:x=2x3x7x9,w=4x3x3x2"))
    options = {"padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    with pytest.raises(RuntimeError, match="non-positive stride"):
        target.functions["conv2d"](*arrays.values(), stride=(0, 1), **options)


@pytest.mark.parametrize("device", ["cuda:99", "toaster"])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(TargetError, match=rf"torch has no device '{device}' here; it has cpu"):
        adapters.load(f"torch?device={device}")
