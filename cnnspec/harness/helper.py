"""A helper process: opens the same target under the same options, runs the blocks that it is told, and explains.

:mod:`cnnspec.harness.tasks` starts it and says what the lines hold; it ends when they do.  Nothing is pickled.  What a
target prints does not get between the answers, whose line is a descriptor of its own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from cnnspec.errors import CnnspecError
from cnnspec.harness.card import precision_card
from cnnspec.harness.diagnose import diagnose
from cnnspec.harness.expectations import loads
from cnnspec.harness.plain import plain_finding, read_seen
from cnnspec.harness.plan import Item
from cnnspec.harness.session import Session
from cnnspec.harness.tasks import unit_of


def main() -> None:
    """Serve until the standard input is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    setup = json.loads(requests.readline())
    with suppress(OSError):  # on another machine it need not be there
        os.chdir(setup["folder"])
    expect = loads(setup["expect"]) if setup["expect"] is not None else None
    try:
        options = _tuples(setup["options"])
        session = Session(setup["target"], expect=expect, dialects=setup["dialects"], **options)
    except CnnspecError as error:
        _answer(answers, {"failed": str(error)})
        return
    with session:
        _answer(answers, {"ready": session.result.version})
        items = {item.op: item for item in session.plan.items}
        for line in requests:
            message = json.loads(line)
            restarts = session.target.restarts
            answer = _done(message, session, items)
            _answer(answers, {**answer, "restarts": session.target.restarts - restarts})


def _done(message: dict[str, Any], session: Session, items: dict[str, Item]) -> dict[str, Any]:
    """What came of a message."""
    if "card" in message:
        return {"card": precision_card(session.target, *message["card"])}
    if "dialects" in message:
        session.measuring.know(message["dialects"])
        return {}
    if "explain" in message:
        findings = diagnose(session.findings.masked(read_seen(message["explain"])), session.target)
        return {"findings": [plain_finding(finding) for finding in findings]}
    (record,) = session.run_units([unit_of(message, items)])
    return {"record": record.to_json()}


def _tuples(options: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def _answer(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    answers.flush()
