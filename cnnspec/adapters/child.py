"""A program in another language as a child process: a line in, a line out, and every way in which it can end.

The child stays in the process group of whoever started it, so that it goes when a worker is ended by a time limit.
Nothing here reads what the lines say; a line that does not begin with a brace is *stray*, and kept aside.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Literal, NoReturn

from cnnspec.adapters.protocol import excerpt, printable
from cnnspec.errors import TargetError

SUPPORTED = hasattr(select, "poll")
"""Whether this system can wait for a pipe (Windows cannot)."""

LONGEST_LINE = 1 << 26
MOST_STRAY = 1 << 20
MOST_ERRORS = 1 << 26
"""A child that writes a longer answer, more beside its answers, or more to its standard error, is ended."""

KEPT_STRAY = 2000
_ANSWER = re.compile(rb"^\s*\{|\{(?=\s*\"(id|name)\")")
"""Where an answer begins in a line: at its brace, or where one was written after something else."""

PATIENCE = 2.0
"""Seconds that a child may take to end after it was asked to, or after it has closed its output."""


class Gone(Exception):
    """The child has ended, or was ended, before it answered; the message is for a sentence that begins "the call"."""

    def __init__(self, kind: Literal["crashed", "timeout"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


def command_line(text: str) -> list[str]:
    """A command's words, its program known to be there.

    Raises
    ------
    TargetError
        If there is no such program, or it cannot be run.

    Examples
    --------
    >>> command_line("sh -c 'exit 3'")
    ['sh', '-c', 'exit 3']
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise TargetError(f"the command {text!r} cannot be read: {error}") from None
    if not words:
        raise TargetError("exec: needs a command, for example exec:./engine --stdio or exec:node engine.mjs")
    if shutil.which(words[0]) is None:
        path = Path(words[0])
        if path.is_file():
            raise TargetError(f"{words[0]} is not executable; chmod +x {words[0]}, or write its interpreter before it:"
                              f" exec:{_interpreter(path)} {words[0]}")  # fmt: skip
        place = f"in {path.resolve().parent}" if os.sep in words[0] else "on the PATH; for a file write ./NAME"
        raise TargetError(f"there is no program {words[0]} {place}")
    return words


def _interpreter(path: Path) -> str:
    return {".py": "python", ".js": "node", ".mjs": "node", ".jl": "julia", ".rb": "ruby"}.get(path.suffix, "sh")


class Child:
    """One running program.

    Parameters
    ----------
    words
        The command, as :func:`command_line` gives it.

    Attributes
    ----------
    stray
        What it has written to its standard output beside answers, since this was emptied last.
    """

    def __init__(self, words: list[str]) -> None:
        self._errors = _scratch()
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0
            )
        except OSError as error:
            os.close(self._errors)
            way_out = " (write its interpreter before it, or #!... in its first line)" if error.errno == 8 else ""
            raise TargetError(f"{shlex.join(words)} cannot be started: {error.strerror}{way_out}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._unsent, self._received, self.stray, self._strays = b"", bytearray(), b"", 0
        self._searched, self._writing, self._refused, self._killed = 0, True, 0.0, False
        weakref.finalize(self, _end, self._process, self._errors)

    # ------------------------------------------------------------------------------------------------------- talking

    def ask(self, request: bytes, *, last: bool = False, seconds: float | None = None) -> bytes:
        """Send one line, and wait for the next line that looks like an answer.

        Parameters
        ----------
        request
            The line, its end included.
        last
            Whether to close the child's input after it.
        seconds
            The longest wait; ``None`` for no limit.

        Raises
        ------
        Gone
            If the child ended, closed its output, wrote without end, or took too long.
        """
        self._unsent += request
        end = None if seconds is None else time.monotonic() + seconds
        while (line := self._line()) is None:
            if self._writing and last and not self._unsent:
                self._close_input()
            self._wait(end, seconds)
        return line

    def _wait(self, end: float | None, seconds: float | None) -> None:
        """Wait until something can be read or written, and do it."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if self._unsent and self._writing:
            poll.register(self._in, select.POLLOUT)
        left = 0.5 if end is None else max(0.0, min(0.5, end - time.monotonic()))
        ready = dict(poll.poll(left * 1000))
        if self._in in ready and self._unsent:
            self._write()
        if self._out in ready:
            self._read()
        elif end is not None and time.monotonic() > end:
            half = f"; it sent half a line: {excerpt(bytes(self._received))}" if self._received else ""
            self.kill()
            raise Gone("timeout", f"was not answered within {seconds:g} s{half}{self.said()}")
        if self._unsent and not self._writing and time.monotonic() > self._refused + PATIENCE:
            self.kill()
            raise Gone("crashed", f"found the program's input closed{self.said()}")
        if os.fstat(self._errors).st_size > MOST_ERRORS:
            self.kill()
            raise Gone("crashed", f"made the program write more than {MOST_ERRORS >> 20} MB to its standard error")

    def _write(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._in, self._unsent) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._refused = time.monotonic()
            self._close_input()

    def _close_input(self) -> None:
        """Let no more go in; what is still to come out may be an answer all the same."""
        self._writing = False
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]

    def _read(self) -> None:
        try:
            data = os.read(self._out, 1 << 20)
        except BlockingIOError:
            return
        if not data:
            self._gone()
        self._received += data
        if len(self._received) > LONGEST_LINE:
            begin = excerpt(bytes(self._received[:1000]))
            self.kill()
            raise Gone("crashed", f"made the program write {LONGEST_LINE >> 20} MB without ending its line: {begin}")

    def _line(self) -> bytes | None:
        """The next answer that has arrived whole; stray lines before it are put aside."""
        while (at := self._received.find(b"\n", self._searched)) >= 0:
            line = bytes(self._received[:at])
            del self._received[: at + 1]
            self._searched = 0
            begin = _ANSWER.search(line)
            if begin is not None:
                self._put_aside(line[: begin.end() - 1])
                return line[begin.end() - 1 :]
            self._put_aside(line)
        self._searched = len(self._received)
        return None

    def _put_aside(self, line: bytes) -> None:
        if not line.strip():
            return
        self._strays += len(line) + 1
        self.stray += (line + b"\n")[: max(KEPT_STRAY - len(self.stray), 0)]
        if self._strays > MOST_STRAY:
            self.kill()
            raise Gone("crashed", f"made the program write more than {MOST_STRAY >> 20} MB beside its answers,"
                                  f" beginning with {excerpt(self.stray)}")  # fmt: skip

    def take_stray(self) -> bytes:
        """What was written beside answers so far; a part of a line counts too."""
        stray, self.stray, self._strays = self.stray, b"", 0
        return stray

    # -------------------------------------------------------------------------------------------------------- ending

    def _gone(self) -> NoReturn:
        """Raise with the way in which the child ended, now that its output is closed."""
        half = f" in the middle of a line: {excerpt(bytes(self._received))}" if self._received else ""
        status = self._await_end()
        if status is None:
            raise Gone("crashed", f"made the program close its output{half}{self.said()}")
        hint = " (exec-once: is for a program that handles one call per process)" if status == 0 and not half else ""
        raise Gone("crashed", f"made the program {_ended(status)} before it was answered{half}{self.said()}{hint}")

    def finish(self) -> str:
        """Wait for a child that has answered its only call; what was wrong with its end, or nothing."""
        self._close_input()
        deadline, more = time.monotonic() + PATIENCE, self._line() or b""
        with suppress(Gone):  # the one that is wanted here: its output is closed
            while time.monotonic() < deadline:
                self._wait(None, None)
                more += self._line() or b""
        status = self._await_end()
        if status is None:
            return f"was answered, and then the program did not end within {PATIENCE:g} s"
        if status:
            return f"was answered, and then the program did {_ended(status)}{self.said()}"
        more += bytes(self._received)
        return f"was answered twice: {excerpt(more)}" if more.strip() else ""

    def stop(self, request: bytes = b"") -> int | None:
        """Ask it to end; its exit status, or ``None`` where it had to be killed."""
        if self._writing:
            with suppress(OSError):
                os.write(self._in, request)
        self._close_input()
        return self._await_end()

    def _await_end(self) -> int | None:
        """The exit status; ``None`` of a child that had to be killed."""
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
        return None if self._killed else self._process.returncode

    def kill(self) -> None:
        """End it for certain."""
        self._killed = self._killed or self._process.poll() is None
        _end(self._process)

    def said(self) -> str:
        """The last lines of its standard error, as the end of a sentence; nothing where there are none."""
        size = os.fstat(self._errors).st_size
        tail = os.pread(self._errors, 4096, max(size - 4096, 0)).decode("utf-8", "backslashreplace")
        lines = [line.strip() for line in tail.splitlines() if line.strip()]
        shown = printable(" / ".join(lines[-3:])[-300:], 300)
        return f"; its standard error ends with: {shown}" if shown else ""


def _ended(status: int) -> str:
    if status >= 0:
        return f"end with exit status {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else "unknown"
    return f"die of signal {-status} ({name})"


def _scratch() -> int:
    """The descriptor of a new file without a name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("cnnspec-errors")
    handle, path = tempfile.mkstemp(prefix="cnnspec-")
    os.unlink(path)  # noqa: PTH108
    return handle


def _end(process: subprocess.Popen[bytes], errors: int | None = None) -> None:
    with suppress(OSError):
        process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    if errors is not None:
        os.close(errors)
