"""PyTorch's sample inputs (``OpInfo``) as checks: on each, functions are compared with the reference.

PyTorch draws these calls to run its own operators on every dtype and device.  Most of the operators here have no
expected results there; the comparison with the reference is ours, under ``torch.testing.assert_close``'s default
tolerances.  Where an operator has a gradient that is an operation, the same samples are run through that with a drawn
cotangent, in the dtypes in which PyTorch checks gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.arguments import pad_pairs, per_axis
from cnnspec.cases.arrays import dtype_of
from cnnspec.errors import CnnspecError, UsageError
from cnnspec.harness.suites import Check, Functions
from cnnspec.operations import BY_NAME, Operation, find

if TYPE_CHECKING:
    from cnnspec.typing import Array

DTYPES = ("float64", "float32", "float16", "bfloat16", "complex128", "complex64", "int64", "int32", "int16", "int8",
          "uint8")  # fmt: skip
GRADIENT_DTYPES = ("float64", "complex128")

Made = tuple[str, list[Any], dict[str, Any]]
"""A rank-free operation, its arrays with batch and channels, and its options in canonical form."""


@dataclass(eq=False)
class Call:
    """One call of a function by its spelled name."""

    spelled: str
    arrays: tuple[Array, ...]
    options: Mapping[str, Any]

    @property
    def operation(self) -> Operation:
        """What is called."""
        return find(self.spelled)[0]

    @cached_property
    def expected(self) -> tuple[Any, ...]:
        """The reference's results."""
        return _tensors(self.operation.reference(*self.arrays, **self.options))

    def check(self, functions: Functions) -> None:
        """Hold the functions against the reference, on fresh copies of the arrays."""
        import torch

        found = functions[self.spelled](*(np.array(a) for a in self.arrays), **self.options)
        for got, right in zip(_tensors(found), self.expected, strict=True):
            torch.testing.assert_close(got, right, equal_nan=True)


def version() -> str:
    """Which PyTorch."""
    import torch

    return f"torch {torch.__version__}"


def checks() -> Iterator[Check]:
    """A check for every sample input of an operator that is an operation.

    Raises
    ------
    UsageError
        If PyTorch, or what its test utilities need, is not installed.
    """
    try:
        import torch
        from torch.testing._internal.common_methods_invocations import op_db
    except ImportError as error:
        raise UsageError(f"the suite opinfo needs two packages: pip install torch expecttest ({error})") from None
    torch.set_num_threads(1)
    for info in op_db:
        reader = READERS.get(info.name)
        for name in DTYPES if reader else ():
            dtype = getattr(torch, name)
            if dtype in info.dtypes:
                torch.manual_seed(0)
                label = " ".join(filter(None, (info.name, info.variant_test_name, name)))
                yield from _checks(label, name, reader, info.sample_inputs("cpu", dtype))


def _checks(label: str, dtype: str, reader: Any, samples: Any) -> Iterator[Check]:
    for number, sample in enumerate(samples):
        try:
            made: Made = reader(sample.input, *sample.args, **sample.kwargs)
        except (TypeError, ValueError, CnnspecError):  # an argument that the operation does not have
            continue
        calls = [_call(*made)]
        if dtype in GRADIENT_DTYPES:
            calls += _gradients(calls[0])
        for at, call in enumerate(calls):
            yield Check(f"{label} {number}{' gradient' if at else ''}", call.check)


def _tensors(result: Any) -> tuple[Any, ...]:
    return tuple(map(_tensor, result if isinstance(result, tuple) else (result,)))


def _tensor(array: Any) -> Any:
    import torch

    if not isinstance(array, np.ndarray):
        raise TypeError(f"the result is no array but a {type(array).__name__}")
    plain = np.ascontiguousarray(array)
    if plain.dtype.name == "bfloat16":
        return torch.from_numpy(plain.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(plain.copy())


def _call(op: str, arrays: list[Any], options: dict[str, Any]) -> Call:
    found = tuple(_array(tensor) for tensor in arrays if tensor is not None)
    return Call(BY_NAME[op].spelled(found[0].ndim - 2), found, options)


def _array(tensor: Any) -> Array:
    import torch

    if tensor.dtype is torch.bfloat16:
        bits: Array = tensor.detach().contiguous().view(torch.int16).numpy()
        return bits.view(dtype_of("bfloat16"))
    array: Array = tensor.detach().numpy()
    return array


def _gradients(call: Call) -> list[Call]:
    """The calls of the gradient operations on the same sample."""
    x, *rest = call.arrays
    op, rank = call.operation.name, x.ndim - 2
    if op not in ("conv", "max_pool", "avg_pool"):
        return []
    y = call.operation.reference(*call.arrays, **call.options)
    g = np.random.default_rng(0).standard_normal(y.shape).astype(x.dtype)
    if op != "conv":
        return [Call(BY_NAME[f"{op}_input_grad"].spelled(rank), (g, x), call.options)]
    w = rest[0]
    return [
        Call(BY_NAME["conv_input_grad"].spelled(rank), (g, w), {**call.options, "input_size": x.shape[2:]}),
        Call(BY_NAME["conv_weight_grad"].spelled(rank), (g, x), {**call.options, "kernel_size": w.shape[2:]}),
    ]


def _conv(rank: int, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
          groups: int = 1) -> Made:  # fmt: skip
    x, extents, kernel = _batched(x, rank), tuple(x.shape[-rank:]), tuple(w.shape[2:])
    strides, dilations = _each(stride, rank), _each(dilation, rank)
    pads = pad_pairs(padding if isinstance(padding, str) else _each(padding, rank), extents, kernel, strides, dilations)
    return "conv", [x, w, b], {"stride": strides, "padding": pads, "dilation": dilations, "groups": groups}


def _conv_transpose(rank: int, x: Any, w: Any, b: Any = None, stride: Any = 1, padding: Any = 0,
                    output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Made:  # fmt: skip
    options = {"stride": _each(stride, rank), "padding": _pads(padding, rank), "dilation": _each(dilation, rank),
               "output_padding": _each(output_padding, rank), "groups": groups}  # fmt: skip
    return "conv_transpose", [_batched(x, rank), w, b], options


def _max_pool(rank: int, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
              ceil_mode: bool = False, return_indices: bool = False) -> Made:  # fmt: skip
    options = {**_pool(rank, kernel_size, stride, padding, ceil_mode), "dilation": _each(dilation, rank)}
    return "max_pool_with_indices" if return_indices else "max_pool", [_batched(x, rank)], options


def _avg_pool(rank: int, x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
              count_include_pad: bool = True) -> Made:  # fmt: skip
    options = _pool(rank, kernel_size, stride, padding, ceil_mode)
    return "avg_pool", [_batched(x, rank)], {**options, "count_include_pad": count_include_pad}


def _pool(rank: int, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool) -> dict[str, Any]:
    kernel = _each(kernel_size, rank)
    return {"kernel_size": kernel, "stride": _each(stride, rank) if stride else kernel,
            "padding": _pads(padding, rank), "ceil_mode": ceil_mode}  # fmt: skip


def _adaptive(op: str, rank: int, x: Any, output_size: Any, return_indices: bool = False) -> Made:
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * rank
    known = tuple(n if m is None else m for n, m in zip(x.shape[-rank:], sizes, strict=True))
    return op, [_batched(x, rank)], {"output_size": known}


def _pad(x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Made:
    """PyTorch lists the last axis first, and may pad batch and channels: then every axis is a spatial one."""
    pairs = [(pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)][::-1]
    if mode != "constant":
        x, padding = _batched(x, len(pairs)), tuple(pairs)
    else:
        x, padding = x[None, None], (*((0, 0),) * (x.dim() - len(pairs)), *pairs)
    return "pad", [x], {"padding": padding, "mode": mode, "value": value or 0}


def _relu(x: Any) -> Made:
    return "relu", [x[None, None] if x.dim() < 3 else x], {}


def _batched(x: Any, rank: int) -> Any:
    """With batch and channels, which a sample may lack."""
    while x.dim() < rank + 2:
        x = x[None]
    return x


def _each(value: Any, rank: int) -> tuple[int, ...]:
    """One int per axis; PyTorch also takes one in a tuple."""
    single = value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value
    return per_axis(single, rank, "an option", minimum=None)


def _pads(padding: Any, rank: int) -> tuple[tuple[int, int], ...]:
    return tuple((p, p) for p in _each(padding, rank))


READERS: dict[str, Callable[..., Made]] = {
    **{f"nn.functional.conv{r}d": partial(_conv, r) for r in (1, 2, 3)},
    **{f"nn.functional.conv_transpose{r}d": partial(_conv_transpose, r) for r in (1, 2, 3)},
    **{f"nn.functional.max_pool{r}d": partial(_max_pool, r) for r in (1, 2, 3)},
    **{f"nn.functional.avg_pool{r}d": partial(_avg_pool, r) for r in (1, 2, 3)},
    **{f"nn.functional.adaptive_max_pool{r}d": partial(_adaptive, "adaptive_max_pool", r) for r in (1, 2, 3)},
    **{f"nn.functional.adaptive_avg_pool{r}d": partial(_adaptive, "adaptive_avg_pool", r) for r in (1, 2, 3)},
    "nn.functional.pad": _pad,
    "nn.functional.relu": _relu,
}
"""How each operator's samples are read: PyTorch's signature, and the call that it means."""
