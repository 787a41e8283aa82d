"""The mutants that accept what must be refused: they compute a result on calls that the reference refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnspec import mutants
from cnnspec.errors import CnnspecError
from cnnspec.operations import BY_NAME

ONES = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
X, W = {"x": (2, 4, 5, 6), "w": (6, 4, 3, 2)}, {"w": (6, 2, 3, 2)}
PLAIN = {"stride": (2, 2), "padding": ((0, 0), (0, 0)), "kernel_size": (2, 3)}

REFUSED: list[tuple[str, dict[str, tuple[int, ...]], dict[str, Any], str]] = [
    *(
        (op, {**X, **more}, {**ONES, **options, **derived}, "float64")
        for op, more, derived in (
            ("conv", {}, {}),
            ("conv_transpose", {"w": (4, 6, 3, 2)}, {}),
            ("conv_input_grad", {"grad_output": (2, 6, 3, 5)}, {"input_size": (5, 6)}),
            ("conv_weight_grad", {"grad_output": (2, 6, 3, 5)}, {"kernel_size": (3, 2)}),
        )
        for options in (
            {"stride": (0, 1)}, {"stride": (1, -1)}, {"dilation": (1, 0)}, {"dilation": (-1, 1)}, {"groups": 0},
            {"groups": -1}, {"stride": (1, 1, 1)}, {"stride": (1,)}, {"padding": ((0, 0),) * 3}, {"stride": (1, 1.5)},
        )
    ),
    *(
        (op, {"x": (2, 4, 5, 6)}, {**PLAIN, **options}, "float64")
        for op in ("max_pool", "max_pool_with_indices", "avg_pool", "lp_pool")
        for options in (
            {"stride": (0, 1)}, {"stride": (1, -2)}, {"kernel_size": (0, 2)}, {"stride": (1, 1, 1)}, {"stride": (1,)},
            {"padding": ((0, 0),) * 3}, {"stride": (1, 1.5)},
            {"kernel_size": (6, 2)}, {"padding": ((0, 0), (4, 4)), "stride": (1, 1)},
        )
    ),
    *((op, {"x": (2, 4, 5, 6)}, {**PLAIN, "dilation": d}, "float64")
      for op in ("max_pool", "max_pool_with_indices") for d in ((0, 1), (1, -2))),
    *((op, {"grad_output": (2, 4, 2, 2), "x": (2, 4, 5, 6)}, {**PLAIN, **options}, "float64")
      for op in ("max_pool_input_grad", "avg_pool_input_grad")
      for options in ({"stride": (2, -2)}, {"stride": (2, 2, 1)}, {"padding": ((0, 0),) * 3}, {"stride": (2, 2.5)})),
    *((op, {"grad_output": (2, 4, 2, 4), "x": (2, 4, 5, 6)}, {**PLAIN, "stride": (2,)}, "float64")
      for op in ("max_pool_input_grad", "avg_pool_input_grad")),
    *((op, {"grad_output": (2, 4, 4, 4), "x": (2, 4, 5, 6)}, {**PLAIN, "stride": (0, 1)}, "float64")
      for op in ("max_pool_input_grad", "avg_pool_input_grad")),
    *((op, {"grad_output": (2, 4, 3, 2), "x": (2, 4, 5, 6)}, PLAIN, "float64")
      for op in ("max_pool_input_grad", "avg_pool_input_grad")),
    *(("max_pool_input_grad", {"grad_output": (2, 4, 2, 2), "x": (2, 4, 5, 6)}, {**PLAIN, "dilation": d}, "float64")
      for d in ((0, 1), (1, -1))),
    ("conv", {"x": (2, 5, 5, 6), "w": (6, 2, 3, 2), "b": (6,)}, {**ONES, "groups": 2}, "float64"),
    ("conv", {"x": (2, 6, 5, 6), "w": (5, 3, 3, 2), "b": (5,)}, {**ONES, "groups": 2}, "float64"),
    ("conv", {"x": (2, 5, 5, 6), "w": (6, 4, 3, 2)}, ONES, "float64"),
    ("conv", {"x": (2, 1, 5, 6), "w": (6, 4, 3, 2)}, ONES, "float64"),
    ("conv", {**X, "b": (7,)}, ONES, "float64"),
    ("conv", {**X, "b": (6, 1)}, ONES, "float64"),
    ("conv", {"x": (2, 4, 5, 6), "w": (6, 4, 3, 2, 1)}, ONES, "float64"),
    ("conv", {"x": (2, 4, 5, 6), "w": (6, 4, 3)}, ONES, "float64"),
    ("conv", {"x": (2, 4, 2, 6), "w": (6, 4, 3, 2)}, {**ONES, "stride": (2, 1)}, "float64"),
    ("conv", {"x": (2, 4, 1, 6), "w": (6, 4, 3, 2)}, ONES, "float64"),
    ("conv", X, ONES, "bool"),
    ("conv", X, ONES, "object"),
    ("conv_transpose", {"x": (2, 5, 5, 6), "w": (4, 6, 3, 2)}, ONES, "float64"),
    ("conv_transpose", {"x": (2, 4, 5, 6), "w": (4, 6, 3, 2), "b": (7,)}, ONES, "float64"),
    ("conv_transpose", {"x": (2, 4, 5, 6), "w": (4, 6, 3, 2), "b": (6, 1)}, ONES, "float64"),
    ("conv_transpose", {"x": (2, 4, 5, 6), "w": (4, 6, 3, 2, 1)}, ONES, "float64"),
    ("conv_transpose", {"x": (2, 4, 5, 6), "w": (4, 6, 3, 2)}, {**ONES, "output_padding": (1, 0)}, "float64"),
    ("conv_transpose", {"x": (2, 4, 5, 6), "w": (4, 6, 3, 2)}, {**ONES, "output_padding": (0, -1)}, "float64"),
    ("conv_input_grad", {"grad_output": (2, 6, 4, 5), "w": (6, 4, 3, 2)}, {**ONES, "input_size": (5, 6)}, "float64"),
    ("conv_weight_grad", {"grad_output": (2, 6, 2, 5), "x": (2, 4, 5, 6)}, {**ONES, "kernel_size": (3, 2)}, "float64"),
    ("adaptive_max_pool", {"x": (2, 4, 5, 6)}, {"output_size": (0, 2)}, "float64"),
    ("adaptive_avg_pool", {"x": (2, 4, 5, 6)}, {"output_size": (0, 2)}, "float64"),
    ("lp_pool", {"x": (2, 4, 5, 6)}, {**PLAIN, "p": 0}, "float64"),
    ("max_pool", {"x": (2, 4, 5, 6)}, PLAIN, "bool"),
    ("max_pool", {"x": (2, 4, 5, 6)}, PLAIN, "object"),
    ("relu", {"x": (2, 4, 5)}, {}, "bool"),
    ("relu", {"x": (2, 4, 5)}, {}, "object"),
    ("pad", {"x": (2, 4, 5)}, {"padding": ((1, 1),), "mode": "mirrored"}, "float64"),
    ("pad", {"x": (2, 4, 5)}, {"padding": ((-3, -3),)}, "float64"),
    ("convolve", {"x": (5,), "k": (3,)}, {"mode": "some"}, "float64"),
    ("cross_correlate", {"x": (5,), "k": (3,)}, {"mode": "some"}, "float64"),
    ("convolve", {"x": (5, 3), "k": (3, 4)}, {"mode": "valid"}, "float64"),
    ("conv", X, ONES, "float64 float32"),
    ("conv_transpose", {"x": (2, 4, 5, 6), "w": (4, 6, 3, 2)}, ONES, "float32 float64"),
    ("conv_input_grad", {"grad_output": (2, 6, 3, 5), "w": (6, 4, 3, 2)}, {**ONES, "input_size": (5, 6)}, "int8 int32"),
    ("conv_weight_grad", {"grad_output": (2, 6, 3, 5), "x": (2, 4, 5, 6)}, {**ONES, "kernel_size": (3, 2)},
     "float16 float32"),
    ("max_pool_input_grad", {"grad_output": (2, 4, 2, 2), "x": (2, 4, 5, 6)}, PLAIN, "float64 float32"),
    ("relu_input_grad", {"grad_output": (2, 4, 5), "x": (2, 4, 5)}, {}, "float64 float32"),
    ("cross_correlate", {"x": (5, 3), "k": (3, 4)}, {"mode": "valid"}, "float64"),
]  # fmt: skip


def arguments(op: str, shapes: dict[str, tuple[int, ...]], dtype: str) -> list[np.ndarray]:
    names = [name for name in BY_NAME[op].arrays if name in shapes]
    dtypes = (dtype.split() * 3)[: len(names)]  # one for all, or one each
    pairs = zip((shapes[name] for name in names), dtypes, strict=False)
    return [(1 + np.arange(np.prod(shape)).reshape(shape) % 5).astype(each) for shape, each in pairs]


@pytest.mark.parametrize(("op", "shapes", "options", "dtype"), REFUSED)
def test_the_reference_refuses_them(op: str, shapes: Any, options: Any, dtype: str) -> None:
    with pytest.raises(CnnspecError):
        BY_NAME[op].reference(*arguments(op, shapes, dtype), **options)


@pytest.mark.parametrize(
    "mutant", [m for m in map(mutants.find, mutants.names()) if m.family == "errors"], ids=lambda m: m.name
)
def test_it_computes_what_the_reference_refuses(mutant: mutants.Mutant) -> None:
    returned = set()
    for op, shapes, options, dtype in REFUSED:
        function = mutant.apply(BY_NAME[op].reference, op)
        try:
            result = function(*arguments(op, shapes, dtype), **options)
        except CnnspecError:
            continue
        assert mutant.triggers(op, shapes, options, dtype)
        assert isinstance(result[0] if isinstance(result, tuple) else result, np.ndarray)
        returned.add(op)
    assert set(mutant.operations) == returned
