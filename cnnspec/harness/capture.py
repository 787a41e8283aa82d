"""What a call prints, apart from everything else: the worker's standard streams are files of the harness."""

from __future__ import annotations

import faulthandler
import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

OUTPUT = 2000
"""Bytes of printed text that are kept of a call: the first half and the last."""


def excerpt(size: int, read: Callable[[int, int], bytes]) -> str:
    """Printed bytes as text, the middle left out where there are many; ``read(count, start)`` gets them.

    Examples
    --------
    >>> excerpt(8, lambda count, start: b"layer 1\\n"[start : start + count])
    'layer 1\\n'
    """
    if size <= OUTPUT:
        return _text(read(size, 0))
    half = OUTPUT // 2
    return f"{_text(read(half, 0))}\n... {size - 2 * half} bytes left out ...\n{_text(read(half, size - half))}"


def printed(handle: int) -> str:
    """An excerpt of a file."""
    return excerpt(os.fstat(handle).st_size, partial(os.pread, handle))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


class Capture:
    """The worker's standard streams: input is empty, output and errors go to two files that the harness reads too.

    Parameters
    ----------
    output, errors
        Descriptors of the files, emptied after each call.
    trace
        Descriptor of a third one, in which Python's own fault handler writes in what line a deadly signal struck, or
        where the target is when the harness, tired of waiting, sends SIGUSR1.
    """

    def __init__(self, output: int, errors: int, trace: int) -> None:
        import fcntl  # not there on Windows, where this class is not used

        self._wanted = {1: output, 2: errors}
        self._empty = os.open(os.devnull, os.O_RDONLY)
        self._is = {0: _identity(self._empty), 1: _identity(output), 2: _identity(errors)}
        for handle in (output, errors):  # appending: cutting the file to nothing moves the next line to its start
            fcntl.fcntl(handle, fcntl.F_SETFL, fcntl.fcntl(handle, fcntl.F_GETFL) | os.O_APPEND)
        os.dup2(self._empty, 0)
        self._replace_streams()
        faulthandler.enable(trace, all_threads=False)
        faulthandler.register(signal.SIGUSR1, trace, all_threads=False)

    def finish(self) -> tuple[str, bool]:
        """What was printed to the standard output since the last call of this, and whether a stream was closed or
        replaced; it is mended then.
        """
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        said = printed(self._wanted[1])
        for handle in self._wanted.values():
            if os.fstat(handle).st_size:
                os.ftruncate(handle, 0)
        return said, self._mend()

    def _mend(self) -> bool:
        broken = [handle for handle, identity in self._is.items() if _identity(handle) != identity]
        for handle in broken:
            os.dup2(self._wanted.get(handle, self._empty), handle)
        streams = (sys.stdin, sys.stdout, sys.stderr)
        replaced = any(now is not own or own.closed for now, own in zip(streams, self._streams, strict=True))
        if replaced:
            self._replace_streams()
        return bool(broken) or replaced

    def _replace_streams(self) -> None:
        """Give Python new stream objects; closing those leaves the descriptors open."""
        opened = [io.FileIO(handle, "rb" if handle == 0 else "wb", closefd=False) for handle in range(3)]
        sys.stdin, sys.stdout, sys.stderr = self._streams = [
            io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True) for raw in opened
        ]


def _identity(handle: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(handle)
    except OSError:
        return None
    return status.st_dev, status.st_ino
