"""The worker process: loads a target, calls it as it is told, answers what was seen.

It is started with the descriptors that it shares with the harness (see :mod:`cnnspec.harness.process`) and obeys

- ``hello``: load the target; answer its name, version, claims and notes, or why it cannot be loaded;
- ``run``: the call that a case's one line says, with arrays that are made here;
- ``call``: a call with arrays and options that are sent;
- ``stop``: end.

One that is a template (see :mod:`cnnspec.harness.template`) loads the target, and from then on only forks.
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import signal
import sys
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from typing import Any

from cnnspec.adapters.detection import Probing
from cnnspec.cases.case import Case
from cnnspec.errors import CnnspecError
from cnnspec.harness.capture import Capture
from cnnspec.harness.channel import LOST, Channel, Message, tuples
from cnnspec.harness.messages import send_observation
from cnnspec.harness.observe import observe, observe_case, raised
from cnnspec.harness.template import fork_on_demand, holdings, unchanged
from cnnspec.implementation import Implementation, Observation

STREAMS = "standard streams"
"""Stands among ``Facts.state_changed`` when a target closed or replaced its standard input, output or errors."""


def main(descriptors: list[int]) -> None:
    """Serve one harness until it says ``stop``, closes the line or dies."""
    control, reading, writing, life, output, errors, trace, *slots = descriptors
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(life)
    capture = Capture(output, errors, trace)
    channel = Channel(reading, writing, slots)
    implementation = None
    try:
        while (request := channel.receive()) is not None and request["cmd"] != "stop":
            if request["cmd"] == "hello":
                implementation, forks = _load(channel, request, template=control >= 0)
                capture.finish()
                if forks:
                    reading, writing, life = fork_on_demand(control, (reading, writing, life))
                    _die_with(life)
                    channel = Channel(reading, writing, slots)
            elif implementation is not None:
                _serve(channel, request, implementation, capture)
    except (EOFError, BrokenPipeError):
        pass
    except OSError:  # the target has closed what is not its own
        os._exit(LOST)
    os._exit(0)  # not through the target's own exit handlers and threads, which may hang


def _die_with(life: int) -> None:
    """Have the kernel kill this process and its children when the harness, the only writer of ``life``, is gone.

    A target that hangs in C does not come back to see that the line is closed, and a thread that watches it would
    wait for the interpreter's lock; a signal does not.
    """
    fcntl.fcntl(life, fcntl.F_SETOWN, -os.getpgid(0))
    if hasattr(fcntl, "F_SETSIG"):  # else the signal is SIGIO, which ends a process that does not handle it
        fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(life, select.POLLHUP)
    if poll.poll(0):  # it was gone before
        os._exit(0)


GARBAGE = (20_000, 20, 20)
"""How much is made before garbage is collected: with CPython's own numbers it takes a tenth of a JAX target's time."""


def _load(channel: Channel, request: Message, *, template: bool) -> tuple[Implementation | None, bool]:
    """Load the target; and whether this process, with it, can be forked, if it is to be a template."""
    before = holdings()
    if "path" in request:
        sys.path[:] = request["path"]
    module, _, function = request["loader"].partition(":")
    Probing.off, Probing.seconds = request.get("careful", ""), request.get("probe")
    Probing.dtypes = {name: tuple(dtypes) for name, dtypes in request.get("dtypes", {}).items()}
    try:
        loaded: Implementation = getattr(import_module(module), function)(request["target"], op=request["op"])
        claims = loaded.claims.to_json()
    except BaseException as error:  # noqa: BLE001  loading runs the target's own code
        own = isinstance(error, CnnspecError)
        failed = str(error) if own else f"loading it raised {raised(error).message}"
        channel.send({"failed": failed}, request["slot"])
        return None, False
    gc.freeze()  # what loading made stays: frameworks make enough garbage that looking at it again and again shows
    gc.set_threshold(*GARBAGE)
    forks = template and unchanged(before)
    hello = {"name": loaded.name, "version": loaded.version, "claims": claims, "notes": loaded.notes, "forks": forks}
    channel.send({**hello, "functions": sorted(loaded.functions)}, request["slot"])
    return loaded, forks


def _serve(channel: Channel, request: Message, implementation: Implementation, capture: Capture) -> None:
    """Do one call and answer it; what fails outside of the target's own code is answered as an error."""
    try:
        observation = _observation(channel, request, implementation)
        output, mended = capture.finish()
        if output or mended:
            changed = observation.facts.state_changed + (STREAMS,) * mended
            observation = replace(observation, facts=replace(observation.facts, output=output, state_changed=changed))
        send_observation(channel, request, observation)
    except Exception as error:  # noqa: BLE001  the harness raises it where the user can see it
        channel.send({"id": request["id"], "error": raised(error).message, "type": type(error).__name__})


def _observation(channel: Channel, request: Message, implementation: Implementation) -> Observation:
    try:
        if request["cmd"] == "run":
            before = _case(request["before"]) if "before" in request else None
            return observe_case(implementation, _case(request["case"]), repeat=request["repeat"], before=before)
        return observe(
            implementation,
            request["op"],
            channel.take(request["slot"], request["arrays"]),
            tuples(request["options"]),
            returns=request["returns"],
            repeat=request["repeat"],
        )
    except KeyboardInterrupt as error:  # SIGINT is ignored here: the target raised it
        return raised(error)


_case: Any = lru_cache(maxsize=64)(Case.parse)
