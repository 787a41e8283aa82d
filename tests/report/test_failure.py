"""What a failing test shows: the finding whole, or which finding says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnspec.harness.checks import Check, checks_of
from cnnspec.harness.session import Session
from cnnspec.report.failure import text

WRONG = "import numpy as np\n\n\ndef relu(x):\n    return np.abs(x)\n"


def absolute(x: np.ndarray) -> np.ndarray:
    return np.abs(x)


def failing(session: Session) -> dict[str, Check]:
    return {c.law.id: c for c in checks_of(session) if isinstance(c, Check) and c.outcome().failed}


def test_the_finding_is_told_whole(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(WRONG)
    target = str(tmp_path / "layers.py")
    with Session(target, cases=20, isolate="none") as session:
        check = failing(session)["RELU-1"]
        said = text(check, check.outcome())
    for part in ("smallest case", "relu:x=1x1x1", "what went wrong", "expected", "behaves like", "replay"):
        assert part in said
    assert f"cnnspec replay {check.outcome().findings[0].case} {target}" in said
    assert "CORR" not in said
    assert said == said.rstrip()


def test_a_law_that_broke_beside_names_the_finding() -> None:
    with Session("mutant:kernel_flipped", operations=("conv1d",), cases=40, isolate="none") as session:
        checks = failing(session)
        own = next(iter(checks.values())).outcome().findings[0].law
        beside = next(check for name, check in checks.items() if name != own)
        said = text(beside, beside.outcome()).splitlines()
    assert said[0].startswith(f"{beside.law.id}  {beside.law.title}: broken on ")
    assert said[2].startswith(f"the finding conv1d-{own} says why: ")
    assert said[3].startswith("  cnnspec replay conv1d:x=")


@pytest.mark.parametrize(
    ("target", "op", "words"),
    [
        (lambda x: np.abs(x) + 0, "relu", "cnnspec.check("),
        (f"{__file__}:absolute?op=relu", None, "cnnspec replay relu:x="),
    ],
)
def test_the_line_that_replays_reaches_the_target(target: object, op: str | None, words: str) -> None:
    with Session(target, op=op, cases=20, isolate="none") as session:
        check = failing(session)["RELU-1"]
        assert words in text(check, check.outcome(), target, op)


def test_what_a_target_says_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("def relu(x):\n    raise ValueError('\\x1b[31m red')\n")
    with Session(str(tmp_path / "layers.py"), cases=12, isolate="none") as session:
        check = failing(session)["CALL-1"]
        assert "\x1b" not in text(check, check.outcome())
