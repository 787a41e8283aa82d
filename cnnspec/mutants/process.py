"""Faults that kill the process or stop it: they show only where the target runs apart from its judge."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import Any

import numpy as np

from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import always, mutant
from cnnspec.operations import BY_NAME

EVERY = tuple(BY_NAME)


@mutant(EVERY, "any call", always, harmful=True)
def crashes(c: Call) -> Any:
    """Memory that is not its own is read: the process dies."""
    return ctypes.string_at(0)


@mutant(("conv", "max_pool"), "a dilation above 1 on an axis of more than one tap", lambda c: c.dilated, harmful=True)
def crashes_with_dilation(c: Call) -> Any:
    """Dilated windows are read from wild addresses: the process dies."""
    return ctypes.string_at(0)


@mutant(EVERY, "any call", always, harmful=True)
def aborts(c: Call) -> Any:
    """The process is aborted, as a failed assertion in C does."""
    os.abort()


@mutant(EVERY, "any call", always, harmful=True)
def exits(c: Call) -> Any:
    """The process ends in mid-call, without a word."""
    os._exit(0)


@mutant(EVERY, "any call", always, harmful=True)
def calls_sys_exit(c: Call) -> Any:
    """``sys.exit`` is called."""
    sys.exit(1)


@mutant(EVERY, "any call", always, harmful=True)
def hangs(c: Call) -> Any:
    """The call never returns."""
    while True:
        time.sleep(0.05)


@mutant(("conv", "conv_transpose"), "several groups", lambda c: c.groups > 1, harmful=True)
def hangs_with_groups(c: Call) -> Any:
    """The loop over groups never ends."""
    while True:
        time.sleep(0.05)


@mutant(("conv", "max_pool", "avg_pool"), "a stride of 0", lambda c: 0 in c.stride, refused=True, harmful=True)
def hangs_at_zero_stride(c: Call) -> Any:
    """A stride of 0 makes a loop that never ends."""
    while True:
        time.sleep(0.05)


@mutant(EVERY, "any call", always, harmful=True)
def takes_all_memory(c: Call) -> Any:
    """Memory is taken without end."""
    taken = []
    while True:  # untouched pages cost the machine nothing, and count against the process's limit all the same
        taken.append(np.empty(1 << 33, np.uint8))


@mutant(EVERY, "any call", always, harmful=True)
def interrupts(c: Call) -> Any:
    """The call is interrupted."""
    raise KeyboardInterrupt
