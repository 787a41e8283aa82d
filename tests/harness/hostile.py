"""A target that misbehaves in one way per batch size, and computes relu otherwise; and what loads it."""

from __future__ import annotations

import ctypes
import locale
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress

import numpy as np

from cnnspec.errors import ShapeError, TargetError, Unsupported
from cnnspec.implementation import Claims, Implementation, OperationClaims

BEHAVIOURS = {}
KEPT = []
REMEMBERED = []
COUNTED = []
BUFFER = np.zeros((64, 1, 3))


def behaviour(function):
    BEHAVIOURS[function.__name__] = function
    return function


def batch(name):
    """The batch size that asks for a behaviour; 1 is a plain relu."""
    return 2 + list(BEHAVIOURS).index(name)


def relu(x):
    if 2 <= len(x) < 2 + len(BEHAVIOURS):
        return list(BEHAVIOURS.values())[len(x) - 2](x)
    return np.maximum(x, 0)


def load(target, *, op=None):
    if target == "missing":
        raise TargetError("there is no such target")
    if target == "broken":
        raise ZeroDivisionError("division by zero")
    if target == "prints":
        print("half way")
        os.abort()
    if target == "sleeps":
        time.sleep(60)
    functions = {"relu": relu, "pad": lambda x, **options: x, "max_pool2d_with_indices": two_results}
    claims = Claims({"relu": OperationClaims(options=()), "pad": OperationClaims(options=("padding", "mode"))})
    return Implementation("hostile", "1.2", functions, claims, notes=("a note",))


def two_results(x, **options):
    assert options["padding"] == ((0, 0), (0, 0))
    assert options["ceil_mode"] is False
    return (x, np.zeros(x.shape, np.int64)) if len(x) == 1 else (x, None) if len(x) == 2 else (x, x, x)


# ---------------------------------------------------------------------------------------------- the end of the process


@behaviour
def segfault(x):
    ctypes.string_at(0)


@behaviour
def abort(x):
    os.abort()


@behaviour
def leave(x):
    os._exit(0)


@behaviour
def leave_with_3(x):
    os._exit(3)


@behaviour
def sys_exit(x):
    sys.exit("enough")


@behaviour
def kill_itself(x):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)


@behaviour
def hang(x):
    while True:
        pass


@behaviour
def hang_in_c(x):
    ctypes.PyDLL(None).sleep(100)  # keeps the interpreter's lock


@behaviour
def ignore_signals(x):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(100)


@behaviour
def print_without_end(x):
    line = "spam" * 4096
    while True:
        print(line)


@behaviour
def eat_memory(x):
    while True:
        KEPT.append(np.ones(1 << 20))


@behaviour
def eat_memory_in_a_child(x):
    code = "import time, numpy as np\na = [np.ones(1 << 20) for _ in range(100)]\ntime.sleep(10)"
    subprocess.run([sys.executable, "-c", code], check=True)


@behaviour
def prints_and_aborts(x):
    print("to output")
    print("to errors", file=sys.stderr)
    os.abort()


@behaviour
def recurse(x):
    return recurse(x)


# --------------------------------------------------------------------------------------------- results and exceptions


class Tensor:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("on another device")

    def __repr__(self):
        raise RuntimeError("no")


Tensor.__module__ = "torch"


class UnreadableError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


RESULTS = {
    "none": None,
    "list": [1.0, 2.0],
    "ragged": [[1.0, 2.0], [3.0]],
    "object": np.array([[1, 2], [3], None], object)[:2],
    "text": np.array(["1.0"]),
    "scalar": np.float64(3),
    "float": 1.5,
    "tuple": (np.zeros(3), np.zeros(3)),
    "foreign": Tensor(),
    "huge": np.broadcast_to(1.0, (1 << 20, 1 << 10, 1 << 10)),
    "wrong_shape": np.zeros((2, 3), np.float16),
    "nan": np.full(3, np.nan),
    "masked": np.ma.masked_array([1.0, 2.0], [True, False]),
}
ERRORS = {
    "value": ValueError("first line\nsecond line"),
    "type": TypeError("no"),
    "shape": ShapeError("channels"),
    "unsupported": Unsupported("not here"),
    "not_implemented": NotImplementedError(),
    "other": KeyError("key"),
    "interrupt": KeyboardInterrupt(),
    "unreadable": UnreadableError(),
}


def raiser(error):
    def function(x):
        raise error

    return function


BEHAVIOURS |= {f"returns_{name}": lambda x, result=result: result for name, result in RESULTS.items()}
BEHAVIOURS |= {f"raises_{name}": raiser(error) for name, error in ERRORS.items()}


@behaviour
def warns(x):
    warnings.warn("beware", stacklevel=1)
    np.float64(1) / np.float64(0)
    return np.maximum(x, 0)


# ------------------------------------------------------------------------------------------------------ side effects


@behaviour
def changes_input(x):
    x *= 2
    return np.maximum(x, 0)


@behaviour
def changes_base(x):
    x.base.view(np.uint8)[0] ^= 1  # before the first element, where the layout is an offset
    return np.maximum(x, 0)


@behaviour
def returns_input(x):
    return x


@behaviour
def returns_view_of_base(x):
    return x[..., ::-1]


@behaviour
def differs(x):
    KEPT.append(None)
    return x + len(KEPT)


@behaviour
def reuses_buffer(x):
    out = BUFFER[: len(x)]
    out[...] = np.maximum(x, 0)
    return out


@behaviour
def remembers(x):
    """Its result is that of the first call with an very same array."""
    if not any(known is x for known, _ in REMEMBERED):
        REMEMBERED.append((x, np.maximum(x, 0)))
    return next(result for known, result in REMEMBERED if known is x).copy()


@behaviour
def uninitialised(x):
    return np.empty_like(x)


@behaviour
def prints(x):
    print("layer", 1)
    print("a complaint", file=sys.stderr)
    ctypes.CDLL(None).puts(b"from C")
    return np.maximum(x, 0)


@behaviour
def prints_much(x):
    print("begin" + "x" * 100_000 + "end")
    return np.maximum(x, 0)


EFFECTS = {
    "sets_errors": lambda: np.seterr(all="raise"),
    "changes_directory": lambda: os.chdir("/"),
    "changes_environment": lambda: os.environ.update(HOSTILE="1"),
    "seeds": lambda: np.random.seed(len(os.environ)),  # noqa: NPY002
    "filters_warnings": lambda: warnings.filterwarnings("ignore", message="hostile"),
    "changes_locale": lambda: locale.setlocale(
        locale.LC_ALL, "C" if locale.setlocale(locale.LC_ALL) != "C" else "C.UTF-8"
    ),
    "closes_descriptors": lambda: [os.close(handle) for handle in (0, 1, 2)],
    "closes_streams": lambda: [sys.stdin.close(), sys.stdout.close()],
    "redirects": lambda: setattr(sys, "stdout", None),
    "closes_everything": lambda: os.closerange(3, 100),
    "rounds_downward": lambda: ctypes.CDLL("libm.so.6").fesetround(0x400),  # x86; another change of mode elsewhere
}
BEHAVIOURS |= {name: lambda x, effect=effect: (effect(), np.maximum(x, 0))[1] for name, effect in EFFECTS.items()}


@behaviour
def leaks_thread(x):
    threading.Thread(target=time.sleep, args=(30,), daemon=len(x) % 2).start()
    return np.maximum(x, 0)


@behaviour
def forks(x):
    os.fork()
    return np.maximum(x, 0)


@behaviour
def forks_and_hangs(x):
    if os.fork() == 0:
        time.sleep(100)
    return np.maximum(x, 0)


@behaviour
def forks_and_tells(x):
    child = os.fork()
    if child == 0:
        time.sleep(100)
    return np.array([child])


@behaviour
def leaves_after_fork(x):
    if os.fork() == 0:
        time.sleep(100)
    os._exit(0)


@behaviour
def opens_in_place_of_output(x):
    os.close(1)
    KEPT.append(open(os.devnull, "wb", 0))  # noqa: PTH123, SIM115  takes descriptor 1
    return np.maximum(x, 0)


@behaviour
def writes_to_every_descriptor(x):
    for handle in range(3, 40):
        with suppress(OSError):
            os.write(handle, b"}{\n")
    return np.maximum(x, 0)


@behaviour
def modules(x):
    return np.array([name in sys.modules for name in ("hypothesis", "scipy", "rich", "click")])


@behaviour
def wrapped(x):
    return np.array(["HOSTILE_WRAPPED" in os.environ])


@behaviour
def counts(x):
    COUNTED.append(None)
    return np.array([len(COUNTED)])
