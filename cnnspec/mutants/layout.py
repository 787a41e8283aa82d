"""Faults of memory layout: an array that is a view is read as if it were a plain block of memory.

Whether one shows depends on how the arguments lie in memory, which shapes do not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import mutant
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Array

EVERY = tuple(BY_NAME)
IN_ROWS = tuple(name for name in EVERY if name != "global_avg_pool_input_grad")  # whose cotangent has no rows
LAYERS = ("conv", "conv_transpose")
WEIGHTED = ("conv", "conv_transpose", "conv_input_grad")
GRADIENTS = ("conv_input_grad", "conv_weight_grad", "max_pool_input_grad", "avg_pool_input_grad")


def block(a: Array, start: int = 0) -> Array:
    """The numbers that lie in memory from element ``start`` of the owner's buffer on, in the shape of ``a``."""
    owner = a
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return np.resize(owner.ravel(order="K")[start:], a.shape)


def first_byte(a: Array) -> int:
    """The address of the element with all indices 0."""
    return int(a.__array_interface__["data"][0])


def offset(a: Array) -> int:
    """The position of the first element of the view in the owner's buffer."""
    owner = a
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    lowest = np.lib.array_utils.byte_bounds(owner)[0]
    return (first_byte(a) - lowest) // max(a.itemsize, 1)


def nonempty(c: Call) -> bool:
    """Whether every array holds a number."""
    return all(0 not in shape for shape in c.shapes.values())


def viewed(a: Array) -> bool:
    """Whether the array is anything but a plain block of memory."""
    return not a.flags.c_contiguous or a.base is not None


@mutant(
    EVERY,
    "an argument that is a view",
    nonempty,
    "pytorch/pytorch#192212",
    "pytorch/pytorch#1246",
    "cupy/cupy#10303",
    "huggingface/candle#3735",
)
def reads_base_buffer(c: Call) -> Any:
    """A view is read from its owner's memory, as if it began there and had no gaps."""
    return c(**{name: block(a) if viewed(a) else a for name, a in c.arrays.items()})


@mutant(WEIGHTED, "weights that are a view", nonempty, "pytorch/pytorch#16557")
def reads_base_buffer_of_weights(c: Call) -> Any:
    """Weights that are a view are read from their owner's memory."""
    return c(w=block(c.w)) if viewed(c.w) else c()


@mutant(LAYERS, "a bias that is a view", lambda c: "b" in c.shapes and nonempty(c))
def reads_base_buffer_of_bias(c: Call) -> Any:
    """A bias that is a view is read from its owner's memory."""
    return c(b=block(c.b)) if viewed(c.b) else c()


@mutant(GRADIENTS, "a cotangent that is a view", nonempty)
def reads_base_buffer_of_cotangent(c: Call) -> Any:
    """A cotangent that is a view is read from its owner's memory."""
    return c(grad_output=block(c.grad_output)) if viewed(c.grad_output) else c()


@mutant(("convolve", "cross_correlate"), "a kernel that is a view", nonempty)
def reads_base_buffer_of_kernel(c: Call) -> Any:
    """A kernel that is a view is read from its owner's memory."""
    return c(k=block(c.k)) if viewed(c.k) else c()


@mutant(EVERY, "an argument with its axes in another order", nonempty)
def assumes_row_order(c: Call) -> Any:
    """The numbers of an array are taken in the order in which they lie in memory."""
    return c(
        **{name: a if a.flags.c_contiguous else np.reshape(a.ravel(order="K"), a.shape) for name, a in c.arrays.items()}
    )


@mutant(EVERY, "an argument that is reversed", nonempty, "pytorch/pytorch#16557")
def ignores_negative_strides(c: Call) -> Any:
    """Strides below 0 are taken for positive ones."""

    def forward(a: Array) -> Array:
        return a[tuple(slice(None, None, -1 if step < 0 else 1) for step in a.strides)]

    return c(**{name: forward(a) for name, a in c.arrays.items()})


@mutant(EVERY, "an argument that begins further on", nonempty)
def ignores_offset(c: Call) -> Any:
    """A view that begins inside a larger block is read from the block's beginning."""
    return c(**{name: block(a) if a.flags.c_contiguous and a.base is not None else a for name, a in c.arrays.items()})


@mutant(IN_ROWS, "an argument with gaps between its elements", nonempty, "huggingface/candle#3735")
def ignores_step(c: Call) -> Any:
    """A view of every second element is read without the gaps."""

    def dense(a: Array) -> Array:
        gaps = a.ndim > 0 and a.shape[-1] > 1 and a.strides[-1] > a.itemsize and a.strides[-1] == 2 * a.itemsize
        return block(a, offset(a)) if gaps else a

    return c(**{name: dense(a) for name, a in c.arrays.items()})


@mutant(EVERY, "an argument that is read-only", nonempty)
def refuses_read_only(c: Call) -> Any:
    """An argument that may not be written to is refused."""
    if not all(a.flags.writeable for a in c.arrays.values()):
        raise ValueError("buffer source array is read-only")
    return c()


@mutant(EVERY, "an argument that repeats its elements", nonempty)
def refuses_repeated_elements(c: Call) -> Any:
    """An argument with a stride of 0 is refused."""
    if any(
        step == 0 and extent > 1 for a in c.arrays.values() for step, extent in zip(a.strides, a.shape, strict=True)
    ):
        raise ValueError("unsupported operation: some elements of the argument refer to a single memory location")
    return c()


@mutant(EVERY, "an argument that is not contiguous", nonempty)
def refuses_views(c: Call) -> Any:
    """Only contiguous arrays are taken."""
    if not all(a.flags.c_contiguous for a in c.arrays.values()):
        raise ValueError("ndarray is not C-contiguous")
    return c()


@mutant(("conv", "max_pool", "avg_pool"), "an input that lies channels last", lambda c: nonempty(c) and c.channels > 1)
def follows_memory_not_axes(c: Call) -> Any:
    """Channels-last memory is taken for the sign of a channels-last array."""
    last = c.x.strides[1] == c.x.itemsize and not c.x.flags.c_contiguous
    return c(x=np.moveaxis(c.x, 1, -1).reshape(c.x.shape)) if last else c()
