"""Faults of state: inputs that are written to, results that are no copies, buffers and caches that outlive a call."""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant, remembering
from cnnspec.mutants.plain import tables
from cnnspec.operations import BY_NAME

if TYPE_CHECKING:
    from cnnspec.typing import Array, Shape

EVERY = tuple(BY_NAME)
WEIGHTED = ("conv", "conv_transpose", "conv_input_grad")
LAYERS = ("conv", "conv_transpose")
CONVOLUTIONS = tuple(name + what for name in LAYERS for what in ("", "_input_grad", "_weight_grad"))
NUMBERED = tuple(name for name in EVERY if name != "max_pool_with_indices")


def key(c: Call) -> tuple[Any, ...]:
    """What tells calls of one shape from others."""
    return (
        c.dtype,
        *(a.shape for a in c.arrays.values()),
        *sorted((name, str(value)) for name, value in c.options.items()),
    )


def nonempty(c: Call) -> bool:
    """Whether every array holds a number."""
    return all(0 not in shape for shape in c.shapes.values())


def first(c: Call) -> Array:
    """The first argument."""
    return next(iter(c.arrays.values()))


@mutant(EVERY, "an argument that may be written to", nonempty)
def writes_into_input(c: Call) -> Any:
    """The first argument is used as a work buffer: its last element is overwritten with 0."""
    y = c()
    if first(c).flags.writeable:
        first(c)[(-1,) * first(c).ndim] = 0
    return y


@mutant(WEIGHTED, "weights that may be written to", nonempty)
def writes_into_weights(c: Call) -> Any:
    """The weights are used as a work buffer: they are doubled, and not put back."""
    y = c()
    if c.w.flags.writeable:
        with np.errstate(all="ignore"):
            c.w[...] = c.w * c.w.dtype.type(2)
    return y


@mutant(("relu",), "an argument that may be written to", nonempty)
def relu_in_place(c: Call) -> Any:
    """Relu is done in place, and its argument is the result."""
    if not c.x.flags.writeable:
        return c()
    c.x[...] = c()
    return c.x


@mutant(
    ("relu", "pad", "max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool"),
    "relu of numbers >= 0, crops, windows of one element",
    nonempty,
)
def returns_view_of_input(c: Call) -> Any:
    """Where there is nothing to do, the result is the argument itself."""
    view = unchanged(c)
    return c() if view is None else view


def unchanged(c: Call) -> Array | None:
    """A view of the argument that holds the result, where there is one."""
    if c.op == "relu":
        return c.x if (c.x >= 0).all() else None
    if c.op == "pad":
        crops = all(p <= 0 for pair in c.padding for p in pair)
        return (
            c.x[:, :, *(slice(-lo, n + hi) for (lo, hi), n in zip(c.padding, c.extents, strict=True))]
            if crops
            else None
        )
    if c.op.startswith("adaptive"):
        return c.x if c.counts == c.extents else None
    single = set(c.kernel_size) == {1} and not c.padded
    return c.x[:, :, *(slice(None, None, s) for s in c.stride)] if single else None


@remembering(NUMBERED, "a second call of the same shape", always)
def stale_cache(c: Call, memory: dict[Any, Any]) -> Any:
    """The work buffer is kept from call to call and not cleared: a second call adds onto the first."""
    y = c.copy()
    with np.errstate(all="ignore"):
        memory[key(c)] = y + memory[key(c)] if key(c) in memory else y
    return memory[key(c)].copy()


@remembering(EVERY, "a later call of the same shape on other numbers", always)
def stale_cache_by_shape(c: Call, memory: dict[Any, Any]) -> Any:
    """The result is looked up by shape, and is that of the call before."""
    before, memory[key(c)] = memory.get(key(c)), c()
    result = memory[key(c)] if before is None else before
    return tuple(np.array(y) for y in result) if isinstance(result, tuple) else np.array(result)


@remembering(WEIGHTED, "a later call with other weights of the same shape", always)
def weights_prepared_once(c: Call, memory: dict[Any, Any]) -> Any:
    """Weights are prepared once per shape: those of later calls are not looked at."""
    return c(w=memory.setdefault((c.w.dtype, c.w.shape), np.array(c.w)))


@remembering(LAYERS, "a later call with another bias alone", lambda c: "b" in c.arrays or "b" in c.shapes)
def bias_prepared_once(c: Call, memory: dict[Any, Any]) -> Any:
    """The bias is prepared once, together with the weights: it is looked up by them, and not read again."""
    return c(b=memory.setdefault((c.dtype, c.w.shape, c.w.tobytes()), np.array(c.b)))


@remembering(("conv", "relu", "max_pool"), "a later call of the same shapes and options in another dtype", nonempty)
def dtype_of_first_call(c: Call, memory: dict[Any, Any]) -> Any:
    """A plan is kept for shapes and options, and computes in the dtype of the call that it was made for."""
    dtype = memory.setdefault(key(c)[1:], c.x.dtype)
    if dtype == c.x.dtype:
        return c()
    y = c(**{name: a.astype(dtype) for name, a in c.arrays.items()})
    return y.astype(c.x.dtype)


@remembering(WEIGHTED, "weights changed in place between two calls", always)
def weights_prepared_by_address(c: Call, memory: dict[Any, Any]) -> Any:
    """Weights are prepared once for an array, and not again when its numbers change."""
    where = (c.w.__array_interface__["data"][0], c.w.shape)
    _, prepared = memory.setdefault(where, (c.w, np.array(c.w)))  # the array is kept, so that its address stays its own
    return c(w=prepared)


@remembering(EVERY, "a result that is kept over a second call", always)
def result_buffer_reused(c: Call, memory: dict[Any, Any]) -> Any:
    """All results of one shape are one array, which the next call overwrites."""
    y = c.copy()
    kept = memory.setdefault((y.shape, y.dtype), y)
    kept[...] = y
    return c.with_first(kept)


@mutant(WEIGHTED, "a second call with the same weights", lambda c: prod(c.kernel) > 1, "FluxML/NNlib.jl#114")
def flips_weights_in_place(c: Call) -> Any:
    """The weights are flipped in place, and not flipped back."""
    y = c()
    if c.w.flags.writeable:
        c.w[...] = np.flip(c.w, axis=tuple(range(2, c.w.ndim))).copy()
    return y


@remembering(("conv", "max_pool", "avg_pool"), "an empty batch after another", always, "pytorch/pytorch#24341")
def empty_batch_gives_previous_result(c: Call, memory: dict[Any, Any]) -> Any:
    """An empty batch gives the result of the call before."""
    y = memory["last"] if c.batch == 0 and "last" in memory else c()
    if c.batch:
        memory["last"] = y
    return y


def leftover(memory: dict[Any, Any], shape: Shape, dtype: Any) -> Array:
    """What memory that nobody wrote to might hold: other numbers at every call."""
    memory["calls"] = memory.get("calls", 0) + 1
    words = np.arange(prod(shape)) * 2654435761 + memory["calls"] * 40503
    return np.asarray(words % 251).reshape(shape).astype(dtype)


@remembering(EVERY, "any call", nonempty, "ScalingIntelligence/KernelBench#165")
def returns_unwritten_memory(c: Call, memory: dict[Any, Any]) -> Any:
    """The result has the right shape, and nobody has written to it."""
    y = c.copy()
    return c.with_first(leftover(memory, y.shape, y.dtype))


@remembering(
    ("conv", "conv_weight_grad"),
    "no input channels, or no samples for the weights' gradient",
    lambda c: (c.batch if c.op == "conv_weight_grad" else c.per_group) == 0,
    "FluxML/NNlib.jl#763",
    "tensorflow/tensorflow#9949",
)
def empty_sum_is_uninitialised(c: Call, memory: dict[Any, Any]) -> Any:
    """A sum of no products is never written."""
    y = c()
    return leftover(memory, y.shape, y.dtype)


def reads_nothing(c: Call) -> bool:
    """Whether no element of the input meets one of the output: on some axis every tap is in the pads, or cropped."""
    spread, kept = (c.extents, c.counts) if c.op.startswith("conv_transpose") else (c.counts, c.extents)
    taps = zip(tables(c.axes, spread), kept, strict=True)
    return not all(((t >= 0) & (t < n)).any() for t, n in taps)


@remembering(CONVOLUTIONS, "every tap in the pads, after a call with a result of that size", always)
def nothing_read_is_unwritten(c: Call, memory: dict[Any, Any]) -> Any:
    """A sum of nothing but padding is optimised away, and its memory holds the last result of that size."""
    y = c.copy()
    if reads_nothing(c) and y.nbytes in memory:
        return np.frombuffer(memory[y.nbytes], y.dtype).reshape(y.shape).copy()
    memory[y.nbytes] = y.tobytes()
    return y


@remembering(LAYERS, "more than one row", lambda c: c.counts[0] > 1)
def last_row_unwritten(c: Call, memory: dict[Any, Any]) -> Any:
    """The last row of the result is never written."""
    y = c.copy()
    y[:, :, -1] = leftover(memory, y[:, :, -1].shape, y.dtype)
    return y


@remembering(
    ("conv",),
    "a depthwise layer with a multiplier above 1",
    lambda c: c.groups == c.channels > 1 and c.out_per_group > 1,
    "pytorch/pytorch#55794",
)
def multiplier_leaves_channels_unwritten(c: Call, memory: dict[Any, Any]) -> Any:
    """A depthwise layer fills one output channel per input channel; the others are never written."""
    y = c.copy()
    rest = np.arange(c.out_channels) % c.out_per_group > 0
    y[:, rest] = leftover(memory, y[:, rest].shape, y.dtype)
    return y


@remembering(("conv", "avg_pool", "relu"), "any call with a result", nonempty)
def drops_elements_at_random(c: Call, memory: dict[Any, Any]) -> Any:
    """Elements are dropped at random, as in training."""
    return np.where(leftover(memory, c.forward, np.int64) % 5 == 0, c().dtype.type(0), c())


@remembering(("conv",), "a later call with another stride", always)
def stride_of_first_call(c: Call, memory: dict[Any, Any]) -> Any:
    """A layer remembers its stride from the first call."""
    return c(stride=memory.setdefault(("stride", c.rank), c.stride))


def unread(c: Call) -> Array:
    """Which elements of the input no window reads, (*n)."""
    read = np.ones((), bool)
    for t, n in zip(tables(c.axes, c.counts), c.extents, strict=True):
        read = np.logical_and.outer(read, np.isin(np.arange(n), t))
    return np.asarray(~read)


def behind(c: Call) -> Array:
    """Which elements lie behind the last window on some axis, (*n)."""
    ends = [np.arange(n) > t.max() for t, n in zip(tables(c.axes, c.counts), c.extents, strict=True)]
    return np.asarray(reduce(np.logical_or.outer, ends))


@remembering(
    ("conv_input_grad", "max_pool_input_grad", "avg_pool_input_grad"),
    "a remainder: elements that no window reads",
    lambda c: behind(c).any(),
)
def input_grad_remainder_uninitialised(c: Call, memory: dict[Any, Any]) -> Any:
    """The gradient of the elements behind the last window is never written."""
    y = c.copy()
    y[..., behind(c)] = leftover(memory, y[..., behind(c)].shape, y.dtype)
    return y


@mutant(
    ("conv_input_grad", "max_pool_input_grad", "avg_pool_input_grad"),
    "elements that no window reads",
    lambda c: unread(c).any() and nonempty(c),
)
def input_grad_fills_gaps(c: Call) -> Any:
    """Elements that no window reads get the gradient of the element before them."""
    y = c()
    return np.where(unread(c), np.roll(y, 1, axis=-1), y)
