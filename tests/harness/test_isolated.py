"""A hostile target in a worker process: every ending is an observation, and the next call is answered."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.errors import CaseError, TargetError
from cnnspec.harness.isolated import WorkerTarget
from cnnspec.implementation import Claims, Facts, Observation, OperationClaims

PLAIN = Case.parse("relu:x=1x1x3,f64,data.x=-1_0_2")
GOOD = np.array([[[0.0, 0.0, 2.0]]])
FOLDER = Path(__file__).parent

Open = Callable[..., WorkerTarget]
Ask = Callable[..., Observation]
Asking = Callable[..., Case]


def test_sys_exit_is_a_crash_and_costs_no_worker(target: WorkerTarget, misbehave: Ask) -> None:
    restarts = target.restarts
    seen = misbehave(target, "sys_exit")
    assert (seen.kind, seen.message) == ("crashed", "called sys.exit(enough) in mid-call")
    assert misbehave(target, "recurse").message.startswith("RecursionError")
    assert misbehave(target, "raises_interrupt").message.startswith("KeyboardInterrupt, at line ")
    assert target.restarts == restarts


# ----------------------------------------------------------------------------------------------- results and exceptions

ANSWERS = {
    "returns_none": ("malformed", "", "None where"),
    "returns_list": ("malformed", "", "a list where"),
    "returns_ragged": ("malformed", "", "a ragged list where"),
    "returns_object": ("malformed", "", "an array of dtype object"),
    "returns_text": ("malformed", "", "an array of dtype <U3"),
    "returns_scalar": ("malformed", "", "a NumPy scalar (float64)"),
    "returns_float": ("malformed", "", "a float where"),
    "returns_tuple": ("malformed", "", "a tuple of 2 where"),
    "returns_foreign": ("malformed", "", "a torch.Tensor where a NumPy array is expected; convert it"),
    "returns_huge": ("malformed", "", "an array of shape (1048576, 1024, 1024)"),
    "raises_value": ("raised", "value", "ValueError: first line"),
    "raises_type": ("raised", "type", "TypeError: no"),
    "raises_shape": ("raised", "shape", "ShapeError: channels"),
    "raises_other": ("raised", "error", "KeyError: 'key'"),
    "raises_unreadable": ("raised", "error", "UnreadableError: (its text cannot be read)"),
    "raises_unsupported": ("unsupported", "unsupported", "Unsupported: not here"),
    "raises_not_implemented": ("unsupported", "unsupported", "NotImplementedError"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_that_are_no_arrays_arrive_in_words(target: WorkerTarget, name: str, misbehave: Ask) -> None:
    kind, category, message = ANSWERS[name]
    seen = misbehave(target, name)
    assert (seen.kind, seen.category, seen.message[: len(message)]) == (kind, category, message)


def test_arrays_arrive_as_they_were_returned(target: WorkerTarget, misbehave: Ask) -> None:
    wrong = misbehave(target, "returns_wrong_shape").outputs[0]
    assert (wrong.shape, wrong.dtype) == ((2, 3), np.float16)
    assert np.isnan(misbehave(target, "returns_nan").outputs[0]).all()
    assert misbehave(target, "returns_masked").facts.result_type == "numpy.ma.MaskedArray"
    assert np.isnan(misbehave(target, "uninitialised").outputs[0]).any()
    assert misbehave(target, "warns").kind == "returned"


# --------------------------------------------------------------------------------------------------------- side effects

FACTS = {
    "changes_input": Facts(inputs_changed=("x",), repeat_differs=False),
    "changes_base": Facts(inputs_changed=("x",), repeat_differs=False),
    "returns_input": Facts(aliases=("x",), repeat_differs=False),
    "returns_view_of_base": Facts(aliases=("x",), repeat_differs=False),
    "differs": Facts(repeat_differs=True),
    "reuses_buffer": Facts(repeat_differs=True, repeat_reuses=True),
    "prints": Facts(repeat_differs=False, output="layer 1\nfrom C\n" * 2),
    "sets_errors": Facts(repeat_differs=False, state_changed=("NumPy error state",)),
    "changes_directory": Facts(repeat_differs=False, state_changed=("working directory",)),
    "changes_environment": Facts(repeat_differs=False, state_changed=("environment",)),
    "seeds": Facts(repeat_differs=False, state_changed=("NumPy random state",)),
    "filters_warnings": Facts(repeat_differs=False, state_changed=("warning filters",)),
    "changes_locale": Facts(repeat_differs=False, state_changed=("locale",)),
    "leaks_thread": Facts(repeat_differs=False, state_changed=("threads",)),
    "forks": Facts(repeat_differs=False, state_changed=("child processes",)),
    "forks_and_hangs": Facts(repeat_differs=False, state_changed=("child processes",)),
    "closes_streams": Facts(repeat_differs=False, state_changed=("standard streams",)),
    "redirects": Facts(repeat_differs=False, state_changed=("standard streams",)),
    "opens_in_place_of_output": Facts(repeat_differs=False, state_changed=("standard streams",)),
}


@pytest.mark.parametrize("name", FACTS)
def test_side_effects_are_seen_and_put_back(target: WorkerTarget, name: str, misbehave: Ask) -> None:
    restarts = target.restarts
    for _ in range(2):  # the second time from the state that the first one left
        seen = misbehave(target, name, layout="offset", repeat=True)
        assert (seen.kind, seen.facts) == ("returned", FACTS[name])
    assert target.restarts == restarts


def test_closed_descriptors_are_opened_again(target: WorkerTarget, misbehave: Ask) -> None:
    assert misbehave(target, "closes_descriptors").facts.state_changed == ("standard streams",)
    assert misbehave(target, "prints").facts.output == "layer 1\nfrom C\n"


def test_of_much_output_both_ends_are_kept(target: WorkerTarget, misbehave: Ask) -> None:
    output = misbehave(target, "prints_much").facts.output
    assert output.startswith("beginxxx")
    assert output.endswith("xxxend\n")
    assert f"... {100_009 - 2000} bytes left out ..." in output


@pytest.mark.skipif(sys.platform != "linux", reason="the C library's constant is Linux's")
def test_a_worker_whose_arithmetic_was_changed_is_replaced(target: WorkerTarget, misbehave: Ask) -> None:
    restarts = target.restarts
    assert misbehave(target, "rounds_downward").facts.state_changed == ("floating-point mode",)
    assert target.restarts == restarts + 1


def test_a_cache_by_identity_shows_when_arrays_are_written_into(target: WorkerTarget, hostile: ModuleType) -> None:
    batch = hostile.batch("remembers")
    case, before = (Case.parse(f"relu:x={batch}x1x3,f64,{fill}") for fill in ("iota", "ones"))
    assert target.run(case).outputs[0].ravel()[:3].tolist() == [1, 2, 3]
    assert target.run(case, before=before).outputs[0].ravel()[:3].tolist() == [1, 1, 1]


# ----------------------------------------------------------------------------------------------------------- the target


def test_what_the_target_is_arrives(target: WorkerTarget) -> None:
    assert (target.name, target.version, target.notes) == ("hostile", "1.2", ("a note",))
    assert target.functions == ("max_pool2d_with_indices", "pad", "relu")
    assert target.claims == Claims({"relu": OperationClaims(options=()), "pad": OperationClaims(("padding", "mode"))})


def test_a_worker_loads_nothing_that_it_does_not_need(target: WorkerTarget, misbehave: Ask) -> None:
    assert not misbehave(target, "modules").outputs[0].any()


def test_a_call_carries_layouts_options_and_many_results(target: WorkerTarget) -> None:
    x = np.arange(30.0, dtype=np.float32).reshape(1, 1, 5, 6)[..., ::-2]
    options = {"kernel_size": (2, 1), "padding": ((0, 0), (0, 0)), "ceil_mode": False}
    seen = target.call("max_pool2d_with_indices", {"x": x}, options, repeat=True)
    assert seen.facts == Facts(aliases=("x",), repeat_differs=False)
    values, indices = seen.outputs
    assert (values.tolist(), values.dtype, indices.dtype) == (x.tolist(), np.float32, np.int64)
    refused = target.call("max_pool2d_with_indices", {"x": x}, {"padding": ((1, 0), (0, 0))})
    assert refused.message.startswith("AssertionError, at line ")
    two = np.zeros((2, 1, 1, 1))
    assert "whose item 1 is None" in target.call("max_pool2d_with_indices", {"x": two}, options).message
    assert target.call("conv2d", {"x": x}, {}).kind == "unsupported"


def test_a_case_that_makes_no_sense_is_an_error_of_the_harness(target: WorkerTarget) -> None:
    with pytest.raises(CaseError, match="outside the 3 elements"):
        target.run(Case.parse("relu:x=1x1x3,f64,set.x=9.1"))
    assert np.array_equal(target.run(PLAIN).outputs[0], GOOD)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "missing cannot be loaded: there is no such target"),
        ("broken", "broken cannot be loaded: loading it raised ZeroDivisionError: division by zero"),
        ("prints", "prints cannot be loaded: killed by signal 6 (SIGABRT), in load (hostile.py, line "),
        ("sleeps", "sleeps cannot be loaded: no answer within 1 s"),
    ],
)
def test_a_target_that_cannot_be_loaded_is_an_error(
    target: WorkerTarget, name: str, message: str, open_hostile: Open
) -> None:
    with pytest.raises(TargetError) as error:
        open_hostile(name, load_timeout=1.0)
    assert str(error.value).startswith(message)
    assert ("half way" in str(error.value)) == (name == "prints")


def test_an_interpreter_that_is_not_there_is_an_error(open_hostile: Open) -> None:
    with pytest.raises(TargetError, match="no-python cannot be started: No such file or directory"):
        open_hostile(python="no-python")


def test_another_interpreter_sees_this_package_and_its_own_path(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    open_hostile: Open,
    misbehave: Ask,
) -> None:
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexport HOSTILE_WRAPPED=1\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    with open_hostile(python=str(wrapper)) as target:
        assert np.array_equal(target.run(PLAIN).outputs[0], GOOD)
        assert misbehave(target, "wrapped").outputs[0].tolist() == [True]


# ------------------------------------------------------------------------------------------------------ calls under way


def test_calls_under_way_survive_the_worker(target: WorkerTarget, asking: Asking) -> None:
    x = np.arange(6.0).reshape(1, 2, 3) - 2
    restarts = target.restarts
    tickets = [target.submit(PLAIN), target.submit(asking("abort"))]
    tickets += [target.submit_call("relu", {"x": x}, {}), target.submit(PLAIN)]
    last, third, second, first = (target.collect(ticket) for ticket in reversed(tickets))
    assert [seen.kind for seen in (first, second, third, last)] == ["returned", "crashed", "returned", "returned"]
    assert third.outputs[0].tolist() == np.maximum(x, 0).tolist()
    assert target.restarts == restarts + 1


def test_more_calls_may_be_begun_than_fit(target: WorkerTarget) -> None:
    arrays = [np.full((1, 1, n % 3 + 1), float(n)) for n in range(20)]
    tickets = [target.submit_call("relu", {"x": x}, {}) for x in arrays]
    assert [target.collect(t).outputs[0].tolist() for t in tickets] == [x.tolist() for x in arrays]
    with pytest.raises(KeyError, match="has been collected"):
        target.collect(tickets[0])


def test_a_stream_gives_each_case_its_own_answer(target: WorkerTarget, asking: Asking) -> None:
    cases = [Case.parse(f"relu:x=1x1x{n % 5 + 1},f64,ones") for n in range(30)]
    cases[7] = asking("leave")
    answers = list(target.stream(cases))
    assert [case for case, _ in answers] == cases
    assert [seen.kind for _, seen in answers].count("crashed") == 1
    assert [seen.outputs[0].shape[2] for case, seen in answers if case is not cases[7]] == [
        case.shapes["x"][2] for case in cases if case is not cases[7]
    ]


def test_large_arrays_and_long_messages_pass(target: WorkerTarget) -> None:
    x = np.arange(3.0 * (1 << 20)).reshape(1, 3, 1 << 20)
    assert np.array_equal(target.call("relu", {"x": x}, {}).outputs[0], x)
    case = Case.parse("relu:x=1x1x5000,f64,data.x=" + "_".join(map(str, range(5000))))
    assert len(str(case)) > 4096
    for _, seen in target.stream([case] * 6):
        assert seen.outputs[0].ravel().tolist() == list(range(5000))


def test_an_interrupt_while_waiting_loses_nothing(
    target: WorkerTarget, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    handler = signal.signal(signal.SIGALRM, interrupt)
    try:
        ticket = target.submit(asking("hang"))
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            target.collect(ticket)
    finally:
        signal.signal(signal.SIGALRM, handler)
    with monkeypatch.context() as patched:
        patched.setattr(target, "timeout", 0.2)
        assert target.collect(ticket).kind == "timeout"
    assert np.array_equal(target.run(PLAIN).outputs[0], GOOD)


def test_an_interrupt_from_the_keyboard_does_not_reach_the_worker(target: WorkerTarget) -> None:
    pid = target.pid
    os.kill(pid, signal.SIGINT)
    assert np.array_equal(target.run(PLAIN).outputs[0], GOOD)
    assert target.pid == pid
    assert os.getsid(pid) == pid
