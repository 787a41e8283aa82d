"""The memory behind an array: the whole buffer that a view looks into, not only the elements that it shows.

A target that is given every second element of a buffer can reach the elements between, through ``.base`` or a
pointer.  Whether it wrote there, and whether its result still looks into an argument, is decided on this memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from cnnspec.typing import Array, Shape

POISONED_BLOCKS = 4


def storage(a: Array) -> Array:
    """The bytes of the buffer that ``a`` views, as a uint8 array over that same memory.

    Examples
    --------
    >>> base = np.arange(6, dtype=np.uint8)
    >>> storage(base[::2]).tolist()
    [0, 1, 2, 3, 4, 5]
    """
    if a.dtype.hasobject:  # references have no bytes that could be compared
        return np.empty(0, np.uint8)
    root = a
    while isinstance(root.base, np.ndarray):
        root = root.base
    flat = root.ravel(order="K")
    if root.size == 0 or np.may_share_memory(flat, root):
        return flat.view(np.uint8)
    return np.asarray(_Span(root))


class _Span:
    """What lies between the first and the last byte of an array with gaps whose buffer is no array itself."""

    def __init__(self, a: Array) -> None:
        low, high = np.lib.array_utils.byte_bounds(a)
        self.owner = a
        self.__array_interface__: dict[str, Any] = {
            "data": (low, not a.flags.writeable), "shape": (high - low,), "typestr": "|u1", "version": 3,
        }  # fmt: skip


def address(a: Array) -> int:
    """Where the first element of ``a`` lies."""
    return int(a.__array_interface__["data"][0])


def offset(a: Array, memory: Array) -> int:
    """How many bytes into ``memory`` the first element of ``a`` lies."""
    return address(a) - address(memory) if a.size else 0


def view(memory: Array, dtype: np.dtype[Any], shape: Shape, strides: Shape, start: int, *, writeable: bool) -> Array:
    """An array over ``memory``, laid out as told."""
    a: Array = np.ndarray(shape, dtype, buffer=memory, offset=start, strides=strides)
    a.flags.writeable = writeable
    return a


def twin(a: Array) -> Array:
    """An equal array in fresh memory: the same values, strides and flags, and an equal buffer around them.

    Examples
    --------
    >>> a = np.arange(6)[::-2]
    >>> twin(a).tolist(), twin(a).strides == a.strides, np.may_share_memory(twin(a), a)
    ([5, 3, 1], True, False)
    """
    if a.base is None:
        copy = a.copy(order="K")
        copy.flags.writeable = a.flags.writeable
        return copy
    memory = storage(a)
    return view(memory.copy(), a.dtype, a.shape, a.strides, offset(a, memory), writeable=a.flags.writeable)


def poison(size: int) -> None:
    """Leave freed blocks of ``size`` bytes full of NaN behind, so that reading fresh memory shows.

    An implementation that returns memory it never wrote often gets zeros, and passes.  After this it gets, as far as
    the allocator hands the blocks out again, 0xff in every byte: NaN in each float dtype and -1 in each signed one.
    """
    blocks = [np.full(size, 0xFF, np.uint8) for _ in range(POISONED_BLOCKS)]
    del blocks
