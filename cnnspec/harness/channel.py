"""The line between the harness and its worker: short JSON lines over two pipes, arrays through shared memory.

Nothing is pickled, and nothing that a target prints can get in between: the pipes are the worker's own.  Every request
has a *slot*, a nameless file in memory that both sides hold open.  The harness writes the arguments there, the worker
copies them out and later writes its results over them, the harness copies those out and gives the slot to another
request.  So the answers to several requests under way never overwrite each other.

Slots are read and written as files, not mapped: a map would fault in the harness when a target cut the file short.
A line is at most :data:`LONGEST_LINE` bytes; a longer message goes through the slot as well, so that a few of them
always fit into a pipe and neither side waits for the other to read.
"""

from __future__ import annotations

import json
import os
import select
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.cases.arrays import dtype_of
from cnnspec.harness.memory import offset, storage, view

if TYPE_CHECKING:
    from cnnspec.typing import Array

LONGEST_LINE = 4096
CHUNK = 1 << 26
"""One read or write moves at most so many bytes; the systems' own limit is 2 GiB."""

LOST = 117
"""The exit status of a worker whose end of the channel has been closed under it."""

Message = dict[str, Any]

_encode = json.JSONEncoder(separators=(",", ":")).encode


class ChannelError(Exception):
    """The other side wrote something that is no message."""


def scratch_file() -> int:
    """The descriptor of a new file in memory, or on disk where the system has none, that has no name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("cnnspec")
    handle, path = tempfile.mkstemp(prefix="cnnspec-")
    os.unlink(path)  # noqa: PTH108
    return handle


class Channel:
    """One end of the line.

    Parameters
    ----------
    reading, writing
        Descriptors of the two pipes.
    slots
        Descriptors of the slots' files, in an order that both sides share.
    """

    def __init__(self, reading: int, writing: int, slots: Sequence[int]) -> None:
        self._reading, self._writing, self._slots = reading, writing, slots
        self._received = b""
        self._poll = select.poll()
        self._poll.register(reading, select.POLLIN | select.POLLHUP)

    def send(self, message: Message, slot: int = 0, *, at: int = 0) -> None:
        """Write one message; a long one into the slot's file, from byte ``at``."""
        line = _encode(message).encode("ascii")
        if len(line) >= LONGEST_LINE:
            _write(self._slots[slot], line, at)
            line = _encode({"slot": slot, "at": at, "size": len(line)}).encode("ascii")
        os.write(self._writing, line + b"\n")

    def receive(self, timeout: float | None = None) -> Message | None:
        """Read one message; ``None`` when none came within ``timeout`` seconds.

        Raises
        ------
        EOFError
            If the other side has closed the line.
        ChannelError
            If what came is no message.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._received:
            if end is not None and not self._poll.poll(max(0.0, end - time.monotonic()) * 1000):
                return None
            read = os.read(self._reading, 1 << 16)
            if not read:
                raise EOFError
            self._received += read
        line, _, self._received = self._received.partition(b"\n")
        message = _decode(line)
        if message.keys() == {"slot", "at", "size"}:
            message = _decode(_read(self._slots[message["slot"]], message["at"], message["size"]).tobytes())
        return message

    def put(self, slot: int, arrays: Mapping[str, Array]) -> tuple[list[Message], int]:
        """Copy arrays into a slot; give what :meth:`take` needs to find them there, and where the free space starts.

        Of a view, the whole buffer behind it travels, so that it arrives as the same view.  An array of objects, which
        a law hands over to see it refused, travels as the floats it holds.
        """
        found: list[Message] = []
        at = 0
        for name, array in arrays.items():
            objects = array.dtype.hasobject
            array = np.array(array.tolist()).reshape(array.shape) if objects else array  # noqa: PLW2901  addresses
            entry: Message = {"name": name, "dtype": _dtype_name(array.dtype), "shape": array.shape, "at": at}
            if objects:
                entry["objects"] = True
            memory = array
            if array.base is not None or not array.flags.c_contiguous or not array.flags.writeable:
                memory = storage(array)
                entry["layout"] = (array.strides, offset(array, memory), array.flags.writeable)
            data = memory.tobytes()
            entry["size"] = len(data)
            _write(self._slots[slot], data, at)
            at += -(-len(data) // 64) * 64
            found.append(entry)
        return found, at

    def take(self, slot: int, found: Sequence[Message]) -> dict[str, Array]:
        """Copy arrays out of a slot, by name."""
        arrays = {}
        for entry in found:
            memory, dtype = _read(self._slots[slot], entry["at"], entry["size"]), dtype_of(entry["dtype"])
            shape = tuple(entry["shape"])
            if "layout" in entry:
                strides, start, writeable = entry["layout"]
                array = view(memory.copy(), dtype, shape, tuple(strides), start, writeable=writeable)
            else:
                array = np.array(memory.view(dtype).reshape(shape))
            arrays[entry["name"]] = array.astype(object) if "objects" in entry else array
        return arrays


def tuples(value: Any) -> Any:
    """Options as they were before they became JSON: its lists are tuples.

    Examples
    --------
    >>> tuples({"padding": [[1, 0], [0, 2]]})
    {'padding': ((1, 0), (0, 2))}
    """
    if isinstance(value, dict):
        return {name: tuples(item) for name, item in value.items()}
    return tuple(tuples(item) for item in value) if isinstance(value, list) else value


def _decode(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except ValueError:
        raise ChannelError(f"no message: {line[:80]!r}") from None
    if not isinstance(message, dict):
        raise ChannelError(f"no message: {line[:80]!r}")
    return message


def _dtype_name(dtype: np.dtype[Any]) -> str:
    """A dtype's name, which ``bfloat16`` has and ``dtype.str`` loses; with the byte order where it is not ours."""
    return dtype.name if dtype.isnative else dtype.str


def _write(handle: int, data: bytes, at: int) -> None:
    for start in range(0, len(data), CHUNK):
        os.pwrite(handle, data[start : start + CHUNK], at + start)


def _read(handle: int, at: int, size: int) -> Array:
    """``size`` bytes of a file, as a uint8 array; an end of the file before them is an error of the other side."""
    bounds = [*range(at, at + size, CHUNK), at + size]
    data = b"".join(os.pread(handle, stop - start, start) for start, stop in pairwise(bounds))
    if len(data) != size:
        raise ChannelError(f"{size} bytes announced, {len(data)} there")
    return np.frombuffer(data, np.uint8)
