"""Faults beside the result: prints, global state, results that are no arrays, valid calls that are refused."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from math import prod
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.operations import BY_NAME

EVERY = tuple(BY_NAME)
SINGLE = tuple(name for name, operation in BY_NAME.items() if len(operation.returns) == 1)


@mutant(EVERY, "any call", always, harmful=True)
def prints(c: Call) -> Any:
    """A line is printed at every call."""
    print("x has the shape", next(iter(c.arrays.values())).shape)
    return c()


@mutant(EVERY, "any call", always, harmful=True)
def writes_to_descriptor(c: Call) -> Any:
    """A line is written past Python to the process's output."""
    sys.stdout.flush()
    os.write(1, b"kernel launched\n")
    return c()


@mutant(EVERY, "any call", always, harmful=True)
def changes_error_state(c: Call) -> Any:
    """NumPy's floating-point errors are silenced, and stay so."""
    np.seterr(all="ignore")
    return c()


@mutant(EVERY, "any call", always, harmful=True)
def changes_environment(c: Call) -> Any:
    """An environment variable is set, and stays so."""
    os.environ["OMP_SCHEDULE"] = "dynamic" if os.environ.get("OMP_SCHEDULE") != "dynamic" else "static"
    return c()


@mutant(EVERY, "any call", always, harmful=True)
def changes_directory(c: Call) -> Any:
    """The working directory is changed."""
    os.chdir(os.sep)
    return c()


@mutant(EVERY, "any call", always, harmful=True)
def seeds_random_numbers(c: Call) -> Any:
    """NumPy's global random generator is seeded."""
    np.random.seed(len(c.arrays) + np.random.randint(1 << 16))  # noqa: NPY002  the fault itself
    return c()


@mutant(EVERY, "any call", always, harmful=True)
def silences_warnings(c: Call) -> Any:
    """Warnings are silenced for the whole process."""
    warnings.simplefilter("ignore")
    warnings.filterwarnings("ignore", message=f"call {len(warnings.filters)}")
    return c()


@mutant(EVERY, "any call", always, harmful=True)
def leaves_a_thread(c: Call) -> Any:
    """A thread is started and left running."""
    threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()
    return c()


@mutant(SINGLE, "any call", always)
def returns_list(c: Call) -> Any:
    """The result is a list."""
    return c().tolist()


@mutant(SINGLE, "any call", always)
def returns_objects(c: Call) -> Any:
    """The result is an array of objects."""
    return c().astype(object)


@mutant(EVERY, "any call", always)
def returns_none(c: Call) -> Any:
    """Nothing is returned."""
    c()


@mutant(SINGLE, "any call", always)
def returns_tuple(c: Call) -> Any:
    """The result comes in a tuple, with the arguments for the backward pass."""
    return c(), tuple(c.arrays.values())


@mutant(("max_pool_with_indices",), "any call", always)
def returns_values_alone(c: Call) -> Any:
    """The indices are not returned."""
    return c()[0]


@mutant(("max_pool_with_indices",), "any call", always)
def returns_indices_first(c: Call) -> Any:
    """Indices and values change places."""
    return c()[::-1]


@mutant(("conv", "relu", "global_avg_pool"), "a result of one element", lambda c: prod(c.forward) == 1)
def returns_number(c: Call) -> Any:
    """A result of one element is a number."""
    return c().item()


@mutant(SINGLE, "any call", always)
def returns_text(c: Call) -> Any:
    """The result is text."""
    return str(c())


@mutant(SINGLE, "any call", always)
def returns_ragged_rows(c: Call) -> Any:
    """The result is a list of rows of different lengths."""
    flat = c().ravel().tolist()
    return [flat, flat[:-1], []]


class Tensor:
    """A tensor of some framework, which is no array."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)


@mutant(SINGLE, "any call", always)
def returns_tensor(c: Call) -> Any:
    """The result is a tensor of some framework."""
    return Tensor(c())


@mutant(EVERY, "any call", always)
def always_raises(c: Call) -> Any:
    """Every call raises."""
    raise RuntimeError("CUDA error: invalid configuration argument")


@mutant(
    ("conv", "conv_transpose", "max_pool", "max_pool_with_indices", "avg_pool", "lp_pool"),
    "a stride above the kernel's extent",
    lambda c: any(s > k for s, k in zip(c.stride, c.kernel, strict=True)),
)
def raises_on_large_stride(c: Call) -> Any:
    """A stride above the kernel's extent is refused."""
    raise ValueError(f"stride {c.stride} must not exceed the kernel {c.kernel}")


@mutant(("conv",), "an even kernel extent", lambda c: any(k % 2 == 0 for k in c.kernel))
def refuses_even_kernels(c: Call) -> Any:
    """Kernels of even extents are refused."""
    raise ValueError(f"kernel extents must be odd, got {c.kernel}")


@mutant(("conv", "max_pool", "avg_pool", "relu", "pad"), "a batch of none", lambda c: c.batch == 0)
def refuses_empty_batch(c: Call) -> Any:
    """A batch of none is refused."""
    raise ValueError("the batch must not be empty")


@mutant(
    ("conv", "conv_transpose"),
    "a kernel that reaches over more than the input",
    lambda c: any(a.span > n for a, n in zip(c.axes, c.extents, strict=True)),
)
def refuses_kernel_above_input(c: Call) -> Any:
    """A kernel that is larger than the input is refused, though the padding makes room."""
    raise ValueError(f"the kernel {c.kernel} is larger than the input {c.extents}")


@mutant(("conv",), "a remainder: elements that no window reads", lambda c: any(c.remainders))
def refuses_remainder(c: Call) -> Any:
    """A stride that leaves elements over is refused."""
    raise ValueError("the stride must divide the padded extent minus the kernel")


@mutant(("conv", "conv_transpose"), "one output channel", lambda c: c.out_channels == 1)
def fails_for_one_output_channel(c: Call) -> Any:
    """An assertion of its own fails for one output channel."""
    return c()[:, 1]


@mutant(("conv",), "a single output position", lambda c: set(c.counts) == {1})
def fails_for_single_window(c: Call) -> Any:
    """A single window is too few: the index runs out of bounds."""
    raise IndexError("index 1 is out of bounds for axis 2 with size 1")
