"""The plugin, in pytest runs of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from cnnspec.harness.session import run
from cnnspec.harness.verdicts import BAD

pytest_plugins = ["pytester"]

LAYERS = """
import numpy as np

def relu(x):
    return np.maximum(x, 0)

def conv1d(x, w, b=None, *, stride=(1,)):
    (s,), m = stride, (x.shape[2] - w.shape[2]) // stride[0] + 1
    y = np.zeros((len(x), len(w), m), x.dtype)
    for i in range(m):
        y[:, :, i] = np.tensordot(x[:, :, i * s : i * s + w.shape[2]], w[:, :, ::-1], ((1, 2), (1, 2)))
    return y if b is None else y + b[:, None]
"""
"""relu is right; the convolution flips its kernel."""

GIVEN = ("--cnnspec", "layers.py", "--cnnspec-cases", "24", "--cnnspec-isolate", "none")

# The package that is tested may be installed with its entry point or not.
INSTALLED = any(point.value == "cnnspec.pytest_plugin" for point in metadata.entry_points(group="pytest11"))
LOADED = () if INSTALLED else ("-p", "cnnspec.pytest_plugin")


@pytest.fixture
def folder(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(layers=LAYERS)
    return pytester


def pytest_run(folder: pytest.Pytester, *args: str, given: tuple[str, ...] = GIVEN) -> pytest.RunResult:
    return folder.runpytest_inprocess(*LOADED, "-p", "no:cacheprovider", *given, *args)


def failing(result: pytest.RunResult) -> set[str]:
    return {match[1] for line in result.outlines if (match := re.match(r"FAILED \S*?(\w+-[A-Z]+-\d+)", line))}


def test_a_target_is_checked_without_a_test_file(folder: pytest.Pytester) -> None:
    result = pytest_run(folder)
    assert result.ret == 1
    assert failing(result) == {"conv1d-CORR-1", "conv1d-CORR-3"}
    counts = result.parseoutcomes()
    assert counts["passed"] > 20
    assert counts["failed"] == 2


def test_the_header_names_target_versions_and_seed(folder: pytest.Pytester) -> None:
    result = pytest_run(folder, "--cnnspec-seed", "7", "--collect-only")
    result.stdout.fnmatch_lines(
        [
            f"cnnspec {metadata.version('cnnspec')}: checks layers.py",
            f"cnnspec: profile standard, 24 cases, seed 7, numpy {metadata.version('numpy')}, ml_dtypes *",
            "cnnspec: conv1d, relu (and not * more, which are not claimed or not asked for)",
        ]
    )


def test_the_failure_is_the_finding(folder: pytest.Pytester) -> None:
    result = pytest_run(folder, "cnnspec::conv1d-CORR-1")
    assert result.parseoutcomes() == {"failed": 1}
    text = result.stdout.str()
    for words in (
        "the kernel is not flipped",
        "smallest case",
        "behaves like kernel_flipped",
        "cnnspec replay conv1d:",
    ):
        assert words in text
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text  # no frame of ours


def test_the_command_line_the_call_and_pytest_agree(folder: pytest.Pytester) -> None:
    result = run(str(folder.path / "layers.py"), cases=24)
    bad = {f"{op}-{law}" for (op, law), tally in result.tallies.items() if tally.verdict in BAD}
    assert bad == failing(pytest_run(folder))


def test_ids_stay_and_can_be_chosen(folder: pytest.Pytester) -> None:
    lists = [pytest_run(folder, "--collect-only", "-q", "-k", "RELU-1 or RELU-3").outlines for _ in range(2)]
    assert lists[0][:2] == lists[1][:2] == [f"cnnspec::relu-RELU-{n}" for n in (1, 3)]
    pytest_run(folder, "-m", "not cnnspec").assert_outcomes(deselected=len(collected(folder)))
    assert set(collected(folder, "--cnnspec-ops", "relu", "--cnnspec-laws", "RELU-1,PURE-*")) == {
        "relu-RELU-1", *(f"relu-PURE-{n}" for n in range(1, 11)),
    }  # fmt: skip


def collected(folder: pytest.Pytester, *args: str) -> list[str]:
    lines = pytest_run(folder, "--collect-only", "-q", *args).outlines
    return [line.removeprefix("cnnspec::") for line in lines if line.startswith("cnnspec::")]


def test_the_last_failed_run_again(folder: pytest.Pytester) -> None:
    args = (*LOADED, *GIVEN)
    assert folder.runpytest_subprocess(*args).ret == 1
    again = folder.runpytest_subprocess(*args, "--lf")
    assert again.parseoutcomes()["failed"] == 2
    assert "passed" not in again.parseoutcomes()
    folder.makepyfile(layers=LAYERS.replace("w[:, :, ::-1]", "w"))
    again = folder.runpytest_subprocess(*args, "--lf")
    again.assert_outcomes(passed=2, deselected=again.parseoutcomes()["deselected"])


@pytest.mark.parametrize("how", ["load", "loadgroup"])
def test_workers_of_xdist_share_the_checks(folder: pytest.Pytester, how: str) -> None:
    pytest.importorskip("xdist")
    folder.makepyfile(test_layers=PARAMETRIZED)
    alone, together = pytest_run(folder), pytest_run(folder, "-n", "2", "--dist", how)
    assert together.parseoutcomes() == alone.parseoutcomes()
    assert failing(together) == failing(alone) == {"conv1d-CORR-1", "conv1d-CORR-3"}
    one = pytest_run(folder, "-n", "2", "cnnspec::relu-RELU-1")
    one.assert_outcomes(passed=1)


PARAMETRIZED = """
    import cnnspec

    @cnnspec.parametrize("layers.py", cases=24, laws=["CORR-*", "RELU-*"])
    def test_conforms(check):
        check()
"""


def test_a_test_function_gets_the_checks(folder: pytest.Pytester) -> None:
    folder.makepyfile(test_layers=PARAMETRIZED)
    result = pytest_run(folder, given=())
    assert failing(result) == {"conv1d-CORR-1", "conv1d-CORR-3"}
    assert result.parseoutcomes()["passed"] > 3
    result.stdout.fnmatch_lines(["*NonConforming: CORR-1*", "*behaves like kernel_flipped*", "test_layers.py:*"])
    pytest_run(folder, "test_layers.py::test_conforms[relu-RELU-1]", given=()).assert_outcomes(passed=1)


def test_a_python_object_is_a_target_too_and_several_are_told_apart(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        test_layers="""
        import cnnspec, layers

        @cnnspec.parametrize("layers.py:relu", cases=12, laws="RELU-1")
        @cnnspec.parametrize(layers.relu, cases=12, laws="RELU-1")
        class TestRelu:
            def test_conforms(self, check):
                check()

        @cnnspec.parametrize(abs, op="relu", cases=12, laws="RELU-1")
        def test_wrong(check):
            check()
        """
    )
    result = pytest_run(folder, given=())
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*cnnspec replay relu:* 'builtins:abs?op=relu'*"])


EXPECT = """
[[expect]]
operation = "conv1d"
law = ["CORR-1", "CORR-3"]
reason = "the kernel is flipped"
witnesses = ["conv1d:x=1x1x2,w=1x1x2,f64,data.x=0_1,data.w=0_1"]
"""


def test_known_failures_are_expected(folder: pytest.Pytester) -> None:
    (folder.path / "known.toml").write_text(EXPECT)
    result = pytest_run(folder, "--cnnspec-expect", "known.toml", "-rx")
    assert result.ret == 0
    assert result.parseoutcomes()["xfailed"] == 1
    result.stdout.fnmatch_lines(["XFAIL cnnspec::conv1d-CORR-1 - the kernel is flipped"])
    folder.makepyfile(layers=LAYERS.replace("w[:, :, ::-1]", "w"))
    sys.modules.pop("layers", None)
    result = pytest_run(folder, "--cnnspec-expect", "known.toml", "cnnspec::expectations")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["rule 1 (the kernel is flipped) expects a failure, and its witness passes*"])


def test_failing_cases_are_kept_where_one_says(folder: pytest.Pytester) -> None:
    pytest_run(folder, "--cnnspec-database", "kept")
    assert [path.name.split("-")[0] for path in (folder.path / "kept" / "cases").iterdir()] == ["conv1d"]


def test_what_could_not_be_told_is_skipped(folder: pytest.Pytester) -> None:
    result = pytest_run(folder, "-rs", "--cnnspec-cases", "1", "--cnnspec-ops", "relu")
    assert result.ret == 0
    assert result.parseoutcomes()["skipped"]
    result.stdout.fnmatch_lines(["SKIPPED*vacuous: no drawn case could show it"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--cnnspec", "absent.py"), "ERROR: cnnspec: absent.py cannot be loaded: there is no file absent.py"),
        ((*GIVEN, "--cnnspec-profile", "lax"), "ERROR: cnnspec: the profile must be one of core, standard, strict"),
        ((*GIVEN, "--cnnspec-ops", "con2d"), "ERROR: cnnspec: no operation matches 'con2d'"),
        ((*GIVEN, "cnnspec::relu-NONE-1"), "ERROR: not found: cnnspec::relu-NONE-1"),
    ],
)
def test_a_mistake_is_one_line(folder: pytest.Pytester, args: tuple[str, ...], words: str) -> None:
    result = pytest_run(folder, *args, given=())
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@cnnspec.parametrize('layers.py')\n    def test_x(): pass", "test_x must take the argument 'check'"),
        ("@cnnspec.parametrize('absent.py')\n    def test_x(check): pass", "there is no file absent.py"),
    ],
)
def test_a_mistake_in_a_test_file_is_a_collection_error(folder: pytest.Pytester, text: str, words: str) -> None:
    folder.makepyfile(test_layers=f"    import cnnspec\n    {text}")
    result = pytest_run(folder, given=())
    result.assert_outcomes(errors=1)
    assert words in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


IMPORTED = """
    import sys

    def test_what_is_imported():
        print("loaded:", *sorted(sys.modules))
"""


def imported(folder: Path, *args: str) -> set[str]:
    """The modules in an unrelated pytest run."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *args, "test_unrelated.py"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(next(line for line in answer.stdout.splitlines() if line.startswith("loaded:")).split()[1:])


def test_an_unrelated_run_pays_nothing(pytester: pytest.Pytester) -> None:
    """The plugin and the bare package are all that it adds."""
    pytester.makepyfile(test_unrelated=IMPORTED)
    block = ("-p", "no:hypothesispytest", "-p", "no:_hypothesis_pytestplugin", "-p", "no:pytest_benchmark")
    without = imported(pytester.path, *block, "-p", "no:cnnspec")
    added = imported(pytester.path, *block, *LOADED) - without
    assert "cnnspec.pytest_plugin" in added
    assert {name for name in added if not name.startswith("cnnspec")} <= {"__future__", "typing"}
    assert {name for name in added if name.startswith("cnnspec.")} == {"cnnspec.pytest_plugin", "cnnspec.errors"}


def test_the_test_above_sees_an_import(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_unrelated=IMPORTED)
    pytester.makeconftest("import cnnspec.operations")
    assert "cnnspec.operations" in imported(pytester.path)


def test_the_users_hypothesis_profile_is_left_alone(folder: pytest.Pytester) -> None:
    folder.makepyfile(
        test_layers="""
        import cnnspec
        from hypothesis import given, settings, strategies as st

        settings.register_profile("mine", max_examples=3)
        settings.load_profile("mine")
        seen = []

        @given(st.integers())
        def test_first(n):
            seen.append(n)

        @cnnspec.parametrize("layers.py", cases=12, laws="RELU-1")
        def test_conforms(check):
            check()

        @given(st.integers())
        def test_then(n):
            seen.append(n)

        def test_nothing_changed():
            assert settings.get_current_profile_name() == "mine"
            assert settings().max_examples == 3
            assert len(seen) == 6
        """
    )
    pytest_run(folder, given=()).assert_outcomes(passed=4)
