"""One call in this process; what needs a process of its own is in test_isolated.py."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnnspec.cases.case import Case
from cnnspec.cases.layouts import LAYOUTS
from cnnspec.errors import DTypeError, ParameterError, ShapeError, Unsupported
from cnnspec.harness.observe import observe, observe_case, raised
from cnnspec.implementation import Claims, Facts, Implementation, Observation

X = np.arange(2 * 3 * 7.0).reshape(2, 3, 7)
W = np.arange(4 * 3 * 2.0).reshape(4, 3, 2)


def seen(function: Callable[..., Any], *, layout: str = "C", repeat: bool = True, returns: int = 1) -> Observation:
    """What is seen of a call on x, in a layout, and w."""
    target = Implementation("target", "1", {"conv1d": function}, Claims({}))
    arrays = {"x": LAYOUTS[layout](X.copy()), "w": W.copy()}
    return observe(target, "conv1d", arrays, {"stride": (1,)}, returns=returns, repeat=repeat)


def plain(x: np.ndarray, w: np.ndarray, *, stride: tuple[int, ...]) -> np.ndarray:
    assert stride == (1,)
    return x[:, :, 1:] * w[0, 0, 1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_good_call_leaves_nothing_to_say(layout: str) -> None:
    got = seen(plain, layout=layout)
    assert got.kind == "returned"
    assert np.array_equal(got.outputs[0], LAYOUTS[layout](X)[:, :, 1:])
    assert got.facts == Facts(repeat_differs=False)
    assert seen(plain, repeat=False).facts == Facts()


def test_arrays_go_by_position_and_options_by_name() -> None:
    got = seen(lambda *arrays, **options: np.array([len(arrays), len(options)]))
    assert got.outputs[0].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("error", "kind", "category", "message"),
    [
        (ShapeError("no window fits"), "raised", "shape", "ShapeError: no window fits"),
        (ParameterError("stride"), "raised", "value", "ParameterError: stride"),
        (DTypeError("dtype"), "raised", "type", "DTypeError: dtype"),
        (ValueError("one\ntwo"), "raised", "value", "ValueError: one"),
        (TypeError(), "raised", "type", "TypeError"),
        (RuntimeError("x" * 1000), "raised", "error", "RuntimeError: " + "x" * 300),
        (MemoryError(), "raised", "error", "MemoryError"),
        (NotImplementedError("groups"), "unsupported", "unsupported", "NotImplementedError: groups"),
        (Unsupported("groups"), "unsupported", "unsupported", "Unsupported: groups"),
        (SystemExit(3), "crashed", "", "called sys.exit(3) in mid-call"),
    ],
)
def test_an_exception_is_classified(error: BaseException, kind: str, category: str, message: str) -> None:
    def function(x: np.ndarray, w: np.ndarray, **options: Any) -> None:
        raise error

    got = seen(function)
    said = got.message.partition(", at line ")[0]
    assert (got.kind, got.category, said, got.outputs) == (kind, category, message, ())


def test_an_operation_that_is_not_there_is_unsupported() -> None:
    got = observe(Implementation("target", "1", {}, Claims({})), "relu", {"x": X}, {}, returns=1)
    assert (got.kind, got.message) == ("unsupported", "target has no relu")


def test_an_interrupt_is_not_the_targets() -> None:
    def function(*arrays: np.ndarray, **options: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seen(function)


def test_a_malformed_result_is_said_and_named() -> None:
    got = seen(lambda x, w, **options: x.tolist())
    assert (got.kind, got.facts.result_type) == ("malformed", "list")
    assert got.message.startswith("a list where a NumPy array is expected")
    assert seen(lambda x, w, **options: (x + 1, x + 2), returns=2).kind == "returned"
    assert seen(lambda x, w, **options: np.ma.array(x + 1)).facts.result_type == "numpy.ma.MaskedArray"


def test_a_result_that_cannot_even_be_looked_at_is_malformed() -> None:
    class Hostile(tuple):
        __slots__ = ()

        def __len__(self) -> int:
            raise RuntimeError("no length")

    got = seen(lambda x, w, **options: Hostile(), returns=2)
    assert got.kind == "malformed"
    assert got.message.startswith("something that cannot be read: RuntimeError: no length, at line ")


@pytest.mark.parametrize("name", ["x", "w"])
def test_a_changed_input_is_named(name: str) -> None:
    def function(x: np.ndarray, w: np.ndarray, **options: Any) -> np.ndarray:
        {"x": x, "w": w}[name][0, 0, 0] += 1
        return x + 1

    assert seen(function).facts.inputs_changed == (name,)


@pytest.mark.parametrize("layout", ["step", "offset"])
def test_a_write_beside_the_view_is_a_change_too(layout: str) -> None:
    def function(x: np.ndarray, w: np.ndarray, **options: Any) -> np.ndarray:
        x.base.reshape(-1)[1] = 5
        return x + 1

    assert seen(function, layout=layout, repeat=False).facts.inputs_changed == ("x",)


def test_a_read_only_input_that_is_made_writeable_and_written_is_a_change() -> None:
    def function(x: np.ndarray, w: np.ndarray, **options: Any) -> np.ndarray:
        x.flags.writeable = True
        x[...] = 0
        return x + 1

    assert seen(function, layout="ro").facts.inputs_changed == ("x",)


@pytest.mark.parametrize(
    "result", [lambda x: x, lambda x: x[..., ::-1], lambda x: x.base, lambda x: x.base[..., 1::2], lambda x: x.T]
)
def test_a_result_over_an_inputs_buffer_is_an_alias(result: Callable[[np.ndarray], np.ndarray]) -> None:
    got = seen(lambda x, w, **options: result(x), layout="step")
    assert got.facts.aliases == ("x",)


def test_a_result_beside_the_view_is_an_alias_too() -> None:
    assert seen(lambda x, w, **options: x.base[:2], layout="offset").facts.aliases == ("x",)


def test_a_second_result_that_differs_in_the_sign_of_zero_differs() -> None:
    values = iter([0.0, -0.0])
    assert seen(lambda x, w, **options: np.full_like(x, next(values))).facts.repeat_differs is True


def test_results_of_nan_are_equal() -> None:
    assert seen(lambda x, w, **options: np.full_like(x, np.nan)).facts.repeat_differs is False


def test_a_reused_buffer_differs_even_though_its_values_do_not() -> None:
    buffer = np.zeros_like(X)
    got = seen(lambda x, w, **options: np.add(x, 1, out=buffer))
    assert got.facts.repeat_differs is True
    assert got.facts.aliases == ()


def test_a_second_call_that_raises_differs() -> None:
    results = iter([X + 1])
    assert seen(lambda x, w, **options: next(results)).facts.repeat_differs is True


def test_the_second_call_has_fresh_arguments() -> None:
    """A target that remembers its arguments by identity, or spoils them, is not helped by the harness."""
    given = []

    def function(x: np.ndarray, w: np.ndarray, **options: Any) -> np.ndarray:
        given.append((x, x.copy()))
        x[...] = 0
        return given[-1][1] * w[0, 0, 1]

    assert seen(function, layout="rev").facts.repeat_differs is False
    (first, values), (second, same) = given
    assert not np.may_share_memory(first, second)
    assert values.tolist() == same.tolist()


def test_outputs_are_copies() -> None:
    kept = []
    got = seen(lambda x, w, **options: kept.append(x + 1) or kept[0])
    kept[0][...] = 9
    assert got.outputs[0].tolist() == (X + 1).tolist()


def test_changes_of_state_are_named() -> None:
    here = os.getcwd()  # noqa: PTH109
    got = seen(lambda x, w, **options: (os.chdir("/"), np.seterr(all="raise"), x + 1)[2])
    assert got.facts.state_changed == ("NumPy error state", "working directory")
    assert os.getcwd() == here  # noqa: PTH109


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_copy_ends_when_the_target_returns() -> None:
    """Otherwise the copy would go on with this very test run."""
    children = []

    def function(x: np.ndarray, w: np.ndarray, **options: Any) -> np.ndarray:
        children.append(os.fork())
        return x + 1

    got = seen(function, repeat=False)
    assert got.facts.state_changed == ("child processes",)
    assert os.waitpid(children[0], 0)[1] == 0


def case_target() -> Implementation:
    remembered: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def relu(x: np.ndarray) -> np.ndarray:
        """Stale: remembers its result by the array, not by its values."""
        return remembered.setdefault(id(x), (x, np.maximum(x, 0)))[1].copy()

    return Implementation("target", "1", {"relu": relu, "pad": lambda x, **options: np.empty_like(x)}, Claims({}))


def test_a_case_is_run_with_its_own_data() -> None:
    got = observe_case(case_target(), Case.parse("relu:x=1x1x3,f32,data.x=-1_0_2"), repeat=True)
    assert got.outputs[0].tolist() == [[[0, 0, 2]]]
    assert got.outputs[0].dtype == np.float32


def test_data_written_into_the_arrays_of_an_earlier_case_shows_a_stale_cache() -> None:
    case, before = Case.parse("relu:x=1x1x3,f64,data.x=-1_0_2"), Case.parse("relu:x=1x1x3,f64,data.x=5_6_7")
    assert observe_case(case_target(), case, before=before).outputs[0].tolist() == [[[5, 6, 7]]]
    fresh = Implementation("target", "1", {"relu": lambda x: np.maximum(x, 0)}, Claims({}))
    assert observe_case(fresh, case, before=before).outputs[0].tolist() == [[[0, 0, 2]]]
    read_only = "relu:x=1x1x3,f64,layout.x=ro,data.x=5_6_7"
    assert observe_case(case_target(), case, before=Case.parse(read_only)).outputs[0].tolist() == [[[0, 0, 2]]]


def test_memory_that_a_target_never_wrote_is_nan() -> None:
    got = observe_case(case_target(), Case.parse("pad:x=1x2x5,padding=0.0,f32,ones"))
    assert np.isnan(got.outputs[0]).all()


def test_an_exception_is_told_with_the_line_of_the_authors_code() -> None:
    def conv2d(x: Any) -> Any:
        return np.zeros(x)

    with pytest.raises(TypeError) as caught:
        conv2d(1.5)
    told = raised(caught.value).message
    assert re.fullmatch(r"TypeError: .*, at line \d+ of test_observe.py: return np.zeros\(x\)", told)
    assert raised(ValueError("no")).message == "ValueError: no"
