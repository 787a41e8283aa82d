from __future__ import annotations

import locale
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnnspec.harness import state
from cnnspec.harness.state import WATCHED, watched

CHANGES: dict[str, Callable[[], object]] = {
    "NumPy error state": lambda: np.seterr(all="raise"),
    "working directory": lambda: os.chdir("/"),
    "environment": lambda: os.environ.update(HOSTILE="1"),
    "NumPy random state": np.random.rand,
    "locale": lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8" if locale.setlocale(locale.LC_ALL) == "C" else "C"),
    "warning filters": lambda: warnings.filterwarnings("ignore", message="hostile"),
}


def here() -> list[object]:
    return [part.read() for part in WATCHED]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named_and_put_back(name: str) -> None:
    before = here()
    with watched() as changed:
        CHANGES[name]()
    assert changed == [name]
    assert here() == before


def test_a_call_that_changes_nothing_is_not_blamed() -> None:
    with watched() as changed:
        os.environ["HOSTILE"] = "1"
        del os.environ["HOSTILE"]
        with np.errstate(all="raise"), warnings.catch_warnings():
            warnings.simplefilter("error")
            np.random.default_rng(7).random()
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        subprocess.run([sys.executable, "-c", ""], check=True)
    assert changed == []


def test_a_thread_that_is_left_over_is_named_and_one_that_ends_is_not() -> None:
    release = threading.Event()
    with watched() as changed:
        thread = threading.Thread(target=release.wait)
        thread.start()
    with watched() as then:
        release.set()
        thread.join()
    assert (changed, then) == (["threads"], [])


CHILD = """
import subprocess, sys
from cnnspec.harness.state import watched
with watched() as changed:
    child = subprocess.Popen([sys.executable, "-c", ""])
child.wait()
print(changed)
"""


def test_a_child_that_is_not_waited_for_is_named() -> None:
    """In a process of its own: this one may have children of other tests."""
    answer = subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "['child processes']"


def test_a_second_forked_child_is_named_while_the_first_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_FORKS", [])
    first = subprocess.Popen([sys.executable, "-c", ""])
    with watched() as changed:
        state._FORKS.append(None)  # what the hook does that os.fork runs
    first.wait()
    assert changed == ["child processes"]


def test_a_first_import_may_do_what_imports_do_but_not_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("HOSTILE", "0")
    (tmp_path / "hostile_import.py").write_text("import os\nos.environ['HOSTILE'] = '1'\nos.chdir('/')\n")
    with watched() as changed:
        __import__("hostile_import")
    assert changed == ["working directory"]
    assert os.environ["HOSTILE"] == "1"


def test_the_state_is_put_back_after_an_exception_too() -> None:
    before = here()

    def call() -> float:
        with watched():
            os.chdir("/")
            return 1 / 0

    with pytest.raises(ZeroDivisionError):
        call()
    assert here() == before


def test_a_deleted_working_directory_is_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    with watched() as changed:
        os.chdir(gone)
        gone.rmdir()
    assert changed == ["working directory"]


def test_warnings_and_errors_run_under_the_defaults() -> None:
    with np.errstate(all="raise"), watched() as changed:
        warnings.warn("beware", stacklevel=1)  # an error in this test run otherwise
        assert np.isinf(np.float64(1) / np.float64(0))
    assert changed == []
