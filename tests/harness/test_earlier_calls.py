"""What depends on earlier calls, what was only slow once, and names that no wrong result bears out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cnnspec.cases.case import Case
from cnnspec.harness.causes import Cause, preceding, smallest
from cnnspec.harness.judge import Ruling
from cnnspec.harness.naming import behaviours
from cnnspec.harness.profile import name_under_laws
from cnnspec.harness.recorded import Recorded, borne_out
from cnnspec.harness.records import Record
from cnnspec.harness.session import Session, run
from cnnspec.harness.target import InlineTarget, open_target
from cnnspec.harness.verdicts import INCOMPLETE, Verdict
from cnnspec.laws.registry import find_law
from cnnspec.reference import convolution, pooling

CASE = Case.parse("conv2d:x=1x1x3x3,w=1x1x2x2,f64,ints:5")
WIDE = Case.parse("conv2d:x=1x1x5x4,w=1x1x2x2,f64,ints:5")
NARROW = Case.parse("conv2d:x=1x1x2x2,w=1x1x2x2,f64,ints:5")

SHARED = """
from cnnspec.reference import convolution, pooling
seen = []

def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    y = convolution.conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
    seen.append(x.shape[2:])
    return y + (x.shape[2:] == (3, 3) and (5, 4) in seen)
"""


def test_a_case_that_needs_an_earlier_one_is_shown_with_it(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(SHARED)
    with open_target(str(path), isolate="process") as target:
        cause = Cause(find_law("CORR-1"), Verdict.FAILED, 1, [CASE])
        target.run(WIDE)
        found = smallest(cause, target, [NARROW, WIDE, NARROW.with_shapes(x=(1, 1, 2, 3))])
    assert (found.verdict, found.case) == (Verdict.FLAKY, CASE)
    assert f"right as the first call of a process, and wrong after the call {WIDE}" in found.failure.message
    assert found.failure.got is not None
    assert found.failure.got.shape == (1, 1, 2, 2)
    assert "a replay of the case alone shows nothing" in found.facts[0]


def test_the_calls_before_are_halved() -> None:
    made: list[Case] = []

    class Listed:
        def restart(self) -> None:
            made.clear()

        def run(self, case: Case, *, repeat: bool = False) -> None:
            made.append(case)

    ruling = Ruling(find_law("CORR-1"), Verdict.FAILED)
    pool = [NARROW.with_shapes(x=(1, 1, 2, n)) for n in range(2, 10)]
    calls, told = preceding(lambda: ruling if pool[5] in made else None, pool, Listed())  # type: ignore[arg-type]
    assert (list(calls), told) == ([pool[5]], ruling)
    calls, told = preceding(lambda: ruling if {pool[1], pool[6]} <= set(made) else None, pool, Listed())  # type: ignore[arg-type]
    assert (len(calls), told) == (8, ruling)
    assert preceding(lambda: None, pool, Listed())[1] is None  # type: ignore[arg-type]


def test_what_was_only_slow_once_is_incomplete_and_no_finding(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text("import numpy as np\ndef relu(x):\n    return np.maximum(x, 0)\n")
    with Session(str(path), cases=8, laws=("RELU-1",)) as session:
        record = Record("relu", 0)
        law = find_law("RELU-1")
        record.take(Case.parse("relu:x=1x1x2,f64,ints:5"), [Ruling(law, Verdict.TIMEOUT)])
        session.fold(record)
        result = session.run()
    assert result.findings == []
    assert result.exit_code == INCOMPLETE
    assert result.tallies["relu", "RELU-1"].verdict is Verdict.PASSED
    assert any("RELU-1 was not told once: it was not answered in time" in note for note in result.notes)
    assert not any("two ways" in note for note in result.notes)


def test_a_timeout_that_does_not_come_back_is_not_called_state() -> None:
    found = smallest(Cause(find_law("CORR-1"), Verdict.TIMEOUT, 1, [CASE]), InlineTarget("reference"))
    assert found.verdict is Verdict.TIMEOUT
    assert "keeps state" not in found.failure.message


def in_chunks(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
    """Samples beyond the eighth are left out."""
    y = convolution.conv(x, w, b, **options)
    y[8:] = 0
    return y


def test_a_fault_of_samples_is_neither_named_nor_led_by_the_arithmetic() -> None:
    result = run({"conv2d": in_chunks}, isolate="none", cases=200)
    assert result.findings[0].law != "NUM-1"
    assert {like[0] for finding in result.findings for like in finding.looks_like} <= {"conv_chunks_of_eight"}


def test_results_that_are_right_are_not_failing_ones() -> None:
    case = Case.parse("conv2d:x=1x3x7x7,w=4x3x2x2,f32,real")
    cause = Cause(find_law("NUM-1"), Verdict.FAILED, 1, [case])
    assert [b.failing for b in behaviours(cause, [case], [], InlineTarget("reference"))] == [False]
    cut = InlineTarget("mutant:accumulates_toward_zero")
    assert [b.failing for b in behaviours(cause, [case], [], cut)] == [True]


def test_a_name_is_borne_out_by_a_call_that_is_wrong_alike() -> None:
    flipped = Recorded(InlineTarget("mutant:kernel_flipped"))
    case = CASE.with_shapes(x=(1, 1, 4, 4))
    flipped.run(case)
    assert borne_out("kernel_flipped", flipped.calls, None, bitwise=False)
    assert not borne_out("nan_becomes_zero", flipped.calls, None, bitwise=False)
    right = Recorded(InlineTarget("reference"))
    right.run(case)
    right.call("conv2d", {"x": np.ones((1, 1, 3, 3)), "w": np.ones((1, 1, 2, 2))}, case.call_options)
    assert len(right.calls) == 2
    assert not borne_out("nan_becomes_zero", right.calls, None, bitwise=False)


def test_what_is_done_beside_a_result_bears_a_name_out() -> None:
    writing = Recorded(InlineTarget("mutant:writes_into_input"))
    writing.run(Case.parse("relu:x=1x1x3,f64,ints:9"), repeat=True)
    assert borne_out("writes_into_input", writing.calls, None, bitwise=False)
    assert not borne_out("relu_in_place", writing.calls, None, bitwise=False)


def test_the_same_laws_alone_are_no_name() -> None:
    assert (
        name_under_laws([Cause(find_law("PURE-3"), Verdict.FAILED, 1, [CASE])], [], InlineTarget("reference")) is None
    )


def without_dilation(x: Any, **options: Any) -> Any:
    return pooling.max_pool(x, **{**options, "dilation": (1, 1)})


def test_a_wrong_value_is_not_led_by_the_law_on_changed_calls() -> None:
    result = run({"max_pool2d": without_dilation}, isolate="none", cases=60)
    assert result.tallies["max_pool2d", "PURE-9"].failed
    assert [finding.law for finding in result.findings] != []
    assert all(finding.law != "PURE-9" for finding in result.findings)


RING = """
import numpy as np

from cnnspec.reference import convolution

ring = {}


def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    y = convolution.conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
    kept = ring.setdefault((y.shape, y.dtype.name), [])
    kept.append(y if len(kept) < 4 else kept[len(kept) - 4])
    kept[-1][...] = y
    return kept[-1]
"""


def test_a_result_that_a_later_call_overwrites(tmp_path: Path) -> None:
    (tmp_path / "ring.py").write_text(RING)
    found = run(str(tmp_path / "ring.py"), cases=40, isolate="none").findings
    told = [finding for finding in found if finding.law == "PURE-3"]
    assert len(told) == 1
    assert told[0].verdict is Verdict.FLAKY
    assert told[0].failure.message.startswith("right as the first call of a process, and wrong after")
    assert told[0].failure.message.endswith("the result of an earlier call is another one now")
