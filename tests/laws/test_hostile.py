"""Whatever a target returns, a check answers: it passes, fails or cannot tell, and never breaks down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.harness.judge import rule
from cnnspec.harness.plan import make_plan
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.runner import draw
from cnnspec.harness.verdicts import Verdict
from cnnspec.operations import find, spelled_names

HOSTILE = {
    "a number": lambda y: np.full((), 3.0),
    "no batch": lambda y: y[:0],
    "one axis": np.ravel,
    "one axis more": lambda y: y[..., None],
    "twice as long": lambda y: np.concatenate([y, y], axis=-1),
    "axes exchanged": lambda y: np.swapaxes(y, 0, -1),
    "nan": lambda y: np.full(y.shape, np.nan),
    "infinity": lambda y: np.full(y.shape, np.inf),
    "huge": lambda y: np.full(y.shape, 1e300),
    "complex": lambda y: y + 1j,
    "booleans": lambda y: y > 0,
    "bytes": lambda y: y.view(np.uint8) if y.flags.c_contiguous else y,
}
NAMES = tuple(name for name in spelled_names() if find(name)[1] in (2, None))


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("always", [True, False], ids=["always", "later"])
def test_no_check_breaks_down(here, hostile: str, always: bool) -> None:
    spoil = HOSTILE[hostile]

    def spoilt(f):
        calls = [0 if always else -1]

        def function(*a, **o):
            calls[0] += 1
            y = f(*a, **o)
            if calls[0] < 1:
                return y
            return tuple(spoil(v) for v in y) if isinstance(y, tuple) else spoil(y)

        return function

    whole = reference()
    functions = {name: whole.functions[name] for name in NAMES}
    for item in make_plan(whole.claims, operations=NAMES, profile="strict", cases=4).items:
        for case in draw(item, 5, True):
            target = here(replace(whole, functions={**functions, item.op: spoilt(functions[item.op])}))
            probe = CaseProbe(case, target)
            if probe.observation.kind != "returned":
                continue
            for law in item.laws:
                if law.concerns(case):
                    with np.errstate(all="ignore"):
                        ruling = rule(law, probe)
                    assert ruling.verdict is not Verdict.ERROR, (law.id, str(case), ruling.reason)
