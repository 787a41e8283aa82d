"""What the tests of the framework adapters share: a call, what is right, and a table of calls as ONNX has them."""

from __future__ import annotations

import numpy as np

from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.implementation import Implementation

ONNX = [
    "conv1d:x=2x4x9,w=6x2x3,b,stride=2,padding=1.0,dilation=2,groups=2,f32",
    "conv2d:x=2x4x7x9,w=6x2x3x2,b,stride=2x3,padding=1.0_2.1,dilation=1x2,groups=2,f32",
    "conv2d:x=2x3x7x9,w=4x3x3x2,f16,ints:3",
    "conv3d:x=2x3x5x4x6,w=4x3x3x2x1,stride=1x2x3,padding=1.0_0.0_2.1,f32",
    "conv_transpose1d:x=2x4x5,w=4x3x3,b,stride=3,padding=1.0,output_padding=2,groups=2,f32",
    "conv_transpose2d:x=2x4x5x3,w=4x3x3x2,b,stride=2x3,padding=1.0_0.1,output_padding=1x2,dilation=2x1,groups=2,f32",
    "conv_transpose3d:x=2x3x3x2x4,w=3x4x2x3x1,stride=1x2x3,padding=0.0_1.1_0.0,f32",
    "max_pool1d:x=2x3x9,kernel_size=3,stride=2,padding=1.0,dilation=2,f32",
    "max_pool2d:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.0_0.1,dilation=1x2,ceil_mode=1,f32,negative:9",
    "max_pool3d:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,padding=1.0_0.0_0.0,i8,negative:9",
    "max_pool1d_with_indices:x=2x3x9,kernel_size=3,stride=2,padding=1.1,f32",
    "max_pool2d_with_indices:x=2x3x7x9,kernel_size=3x2,stride=2x3,padding=1.1_0.0,dilation=2x1,ceil_mode=1,f64",
    "max_pool3d_with_indices:x=2x3x5x4x6,kernel_size=2x3x1,stride=1x2x3,f32",
    "avg_pool1d:x=2x3x9,kernel_size=4,stride=2,padding=1.1,count_include_pad=0,f32",
    "avg_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=2.1_0.1,ceil_mode=1,f32",
    "avg_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,padding=1.1_0.0_0.0,f32",
    "lp_pool1d:x=2x3x9,kernel_size=4,stride=2,p=1,f32,negative:5",
    "lp_pool2d:x=2x3x7x9,kernel_size=4x2,stride=2x3,padding=2.0_1.1,ceil_mode=1,f32",
    "lp_pool3d:x=2x3x5x4x6,kernel_size=2x4x1,stride=1x2x3,f32",
    "global_max_pool:x=2x3x7x9,f32",
    "global_avg_pool:x=2x3x9,f32",
    "pad:x=2x3x7x9,padding=1.2_0.3,value=7,f32",
    "pad:x=2x3x7,padding=1.2,mode=reflect,f32",
    "pad:x=2x3x5x4x6,padding=1.2_3.0_1.1,mode=replicate,f32",
    "pad:x=2x3x7x9,padding=1.2_9.13,mode=circular,f32",
    "relu:x=2x3x7x9,f32",
    "conv2d:x=0x3x7x9,w=4x3x3x2,f32",
]
"""Every operator of ONNX that is an operation, at three ranks where it has them, with all that it takes."""


def agrees(target: Implementation, text: str, ulp: int = 4) -> None:
    """Nothing differs, but for averages and norms, which round."""
    case = Case.parse(text)
    assert case.dtype in target.claims.operations[case.op].dtypes
    for got, wanted in zip(run(target, case), expected(case), strict=True):
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
        if "avg" in case.op or case.op.startswith("lp"):
            np.testing.assert_array_max_ulp(got, wanted, ulp)
        else:
            np.testing.assert_array_equal(got, wanted)


def run(target: Implementation, case: Case) -> list[np.ndarray]:
    result = target.functions[case.op](*make_arrays(case).values(), **case.call_options)
    return list(result) if isinstance(result, tuple) else [result]


def expected(case: Case) -> list[np.ndarray]:
    result = case.operation.reference(*make_arrays(case).values(), **case.call_options)
    return list(result) if isinstance(result, tuple) else [result]
