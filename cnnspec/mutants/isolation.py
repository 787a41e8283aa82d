"""Faults beside the result: prints, global state, results that are no arrays, valid calls that are refused."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.operations import BY_NAME

EVERY = tuple(BY_NAME)
SINGLE = tuple(name for name, operation in BY_NAME.items() if len(operation.returns) == 1)


@mutant(EVERY, "a line is printed at every call", "any call", always)
def prints(c: Call) -> Any:
    print("x has the shape", next(iter(c.arrays.values())).shape)
    return c()


@mutant(EVERY, "a line is written past Python to the process's output", "any call", always)
def writes_to_descriptor(c: Call) -> Any:
    sys.stdout.flush()
    os.write(1, b"kernel launched\n")
    return c()


@mutant(EVERY, "a line is printed to the error output at every call", "any call", always)
def prints_to_stderr(c: Call) -> Any:
    print("falling back to the slow path", file=sys.stderr)
    return c()


@mutant(EVERY, "NumPy's floating-point errors are silenced, and stay so", "any call", always)
def changes_error_state(c: Call) -> Any:
    np.seterr(all="ignore")
    return c()


@mutant(EVERY, "an environment variable is set, and stays so", "any call", always)
def changes_environment(c: Call) -> Any:
    os.environ["OMP_SCHEDULE"] = "dynamic" if os.environ.get("OMP_SCHEDULE") != "dynamic" else "static"
    return c()


@mutant(EVERY, "the working directory is changed", "any call", always)
def changes_directory(c: Call) -> Any:
    os.chdir(os.sep)
    return c()


@mutant(EVERY, "NumPy's global random generator is seeded", "any call", always)
def seeds_random_numbers(c: Call) -> Any:
    np.random.seed(len(c.arrays) + np.random.randint(1 << 16))  # noqa: NPY002  the fault itself
    return c()


@mutant(EVERY, "warnings are silenced for the whole process", "any call", always)
def silences_warnings(c: Call) -> Any:
    warnings.simplefilter("ignore")
    warnings.filterwarnings("ignore", message=f"call {len(warnings.filters)}")
    return c()


@mutant(EVERY, "a thread is started and left running", "any call", always)
def leaves_a_thread(c: Call) -> Any:
    threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()
    return c()


@mutant(SINGLE, "the result is a list", "any call", always)
def returns_list(c: Call) -> Any:
    return c().tolist()


@mutant(SINGLE, "the result is an array of objects", "any call", always)
def returns_objects(c: Call) -> Any:
    return c().astype(object)


@mutant(EVERY, "nothing is returned", "any call", always)
def returns_none(c: Call) -> Any:
    c()


@mutant(SINGLE, "the result comes in a tuple, with the arguments for the backward pass", "any call", always)
def returns_tuple(c: Call) -> Any:
    return c(), tuple(c.arrays.values())


@mutant(("max_pool_with_indices",), "the indices are not returned", "any call", always)
def returns_values_alone(c: Call) -> Any:
    return c()[0]


@mutant(("max_pool_with_indices",), "indices and values change places", "any call", always)
def returns_indices_first(c: Call) -> Any:
    return c()[::-1]


@mutant(SINGLE, "a result of one element is a number", "a result of one element", always)
def returns_number(c: Call) -> Any:
    y = c()
    return y.item() if y.size == 1 else y


@mutant(SINGLE, "the result is text", "any call", always)
def returns_text(c: Call) -> Any:
    return str(c())


@mutant(SINGLE, "the result is a list of rows of different lengths", "any call", always)
def returns_ragged_rows(c: Call) -> Any:
    flat = c().ravel().tolist()
    return [flat, flat[:-1], []]


class Tensor:
    """A tensor of some framework, which is no array."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)


@mutant(SINGLE, "the result is a tensor of some framework", "any call", always)
def returns_tensor(c: Call) -> Any:
    return Tensor(c())


@mutant(EVERY, "every call raises", "any call", always)
def always_raises(c: Call) -> Any:
    raise RuntimeError("CUDA error: invalid configuration argument")


@mutant(("conv",), "kernels of even extents are refused", "an even kernel extent", lambda c: any(k % 2 == 0 for k in c.kernel))
def refuses_even_kernels(c: Call) -> Any:
    raise ValueError(f"kernel extents must be odd, got {c.kernel}")


@mutant(("conv", "max_pool", "avg_pool", "relu", "pad"), "a batch of none is refused", "a batch of none", lambda c: c.batch == 0)
def refuses_empty_batch(c: Call) -> Any:
    raise ValueError("the batch must not be empty")


@mutant(("conv", "conv_transpose"), "a kernel that is larger than the input is refused, though the padding makes room",
        "a kernel that reaches over more than the input", lambda c: any(a.span > n for a, n in zip(c.axes, c.extents, strict=True)))  # fmt: skip
def refuses_kernel_above_input(c: Call) -> Any:
    raise ValueError(f"the kernel {c.kernel} is larger than the input {c.extents}")


@mutant(("conv",), "a stride that leaves elements over is refused", "a remainder: elements that no window reads",
        lambda c: any(c.remainders))  # fmt: skip
def refuses_remainder(c: Call) -> Any:
    raise ValueError("the stride must divide the padded extent minus the kernel")


@mutant(("conv", "conv_transpose"), "an assertion of its own fails for one output channel", "one output channel",
        lambda c: c.out_channels == 1)  # fmt: skip
def fails_for_one_output_channel(c: Call) -> Any:
    return c()[:, 1]


@mutant(("conv",), "a single window is too few: the index runs out of bounds", "a single output position", lambda c: set(c.counts) == {1})
def fails_for_single_window(c: Call) -> Any:
    raise IndexError("index 1 is out of bounds for axis 2 with size 1")
