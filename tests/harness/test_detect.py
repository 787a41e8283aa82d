"""Dialects: found by their smallest calls, said where they are not declared, and a finding where declared wrongly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import cnnspec
from cnnspec import adapters
from cnnspec.cases.case import Case
from cnnspec.cases.claimed import within_limit
from cnnspec.cli import cli
from cnnspec.harness.detect import ask, declaration, detect
from cnnspec.harness.dialects import BY_FLAG, FLAGS
from cnnspec.harness.restrictions import BEYOND, beyond, refusals
from cnnspec.harness.session import run
from cnnspec.harness.target import open_target
from cnnspec.implementation import LIMITS, Implementation, full_claims
from cnnspec.laws.registry import find_law
from cnnspec.operations import find


def altered(**functions: Any) -> Implementation:
    """The reference with some functions of its own."""
    found = adapters.load("reference")
    return replace(found, functions={**found.functions, **functions})


def pooled(x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any) -> Any:
    """NaN is left out."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return cnnspec.max_pool2d(np.where(np.isnan(x), -np.inf, x), **options, ceil_mode=ceil_mode)


def lowest(x: Any, **options: Any) -> Any:
    return cnnspec.max_pool2d(np.maximum(x, np.finfo(x.dtype).min), **options)


def tensor_wide(x: Any, **options: Any) -> Any:
    y, index = cnnspec.max_pool2d_with_indices(x, **options)
    plane = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], 1, 1) * x.shape[2] * x.shape[3]
    return y, index + plane


def interleaved(x: Any, **options: Any) -> Any:
    y, index = cnnspec.max_pool2d_with_indices(x, **options)
    return y, index * x.shape[1] + np.arange(x.shape[1])[:, None, None]


def split(grad_output: Any, x: Any, **options: Any) -> Any:
    return np.full(x.shape, grad_output.sum() / x.size)


def to_last(grad_output: Any, x: Any, **options: Any) -> Any:
    return np.flip(cnnspec.max_pool2d_input_grad(grad_output, x, **options), (2, 3))


def to_all(grad_output: Any, x: Any, **options: Any) -> Any:
    return np.full(x.shape, grad_output.sum())


def signed(x: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: Any, p: Any) -> Any:
    whole = np.prod(kernel_size)
    mean = cnnspec.avg_pool2d(
        x**p, kernel_size=kernel_size, stride=stride, ceil_mode=ceil_mode, count_include_pad=False
    )
    return (mean * whole) ** (1 / p)


def widened(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
    return cnnspec.conv2d(x.astype(np.int32), w.astype(np.int32), **options) if x.dtype == np.int8 else x


def saturated(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
    return np.clip(cnnspec.conv2d(x.astype(np.int32), w.astype(np.int32), **options), -128, 127).astype(np.int8)


def skipping(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
    return cnnspec.conv2d(np.where(np.isfinite(x), x, 0), w, b, **options)


def padded_with(value: float) -> Any:
    def pool(x: Any, kernel_size: Any, stride: Any, padding: Any, **options: Any) -> Any:
        x = np.pad(x, ((0, 0), (0, 0), *padding), constant_values=value)
        return cnnspec.max_pool2d(x, kernel_size=kernel_size, stride=stride)

    return pool


FOLLOWED = [
    ("pool.max.nan", "ignore", {"max_pool2d": pooled}),
    ("pool.max.identity", "lowest", {"max_pool2d": lowest}),
    ("pool.max.indices", "tensor", {"max_pool2d_with_indices": tensor_wide}),
    ("pool.max.indices", "nhwc", {"max_pool2d_with_indices": interleaved}),
    ("pool.max.grad_tie", "split", {"max_pool2d_input_grad": split}),
    ("pool.max.grad_tie", "last", {"max_pool2d_input_grad": to_last}),
    ("pool.max.grad_tie", "all", {"max_pool2d_input_grad": to_all}),
    ("pool.lp.abs", "no", {"lp_pool2d": signed}),
    ("pool.lp.partial", "scaled", {"lp_pool2d": signed}),
    ("pool.empty_window", "-inf", {"max_pool2d": padded_with(-np.inf)}),
    ("pool.empty_window", "nan", {"max_pool2d": padded_with(np.nan)}),
    ("pool.empty_window", "0", {"max_pool2d": padded_with(0)}),
    ("act.relu.nan", "zero", {"relu": lambda x: np.where(x > 0, x, 0).astype(x.dtype)}),
    ("num.int", "widen", {"conv2d": widened}),
    ("num.int", "saturate", {"conv2d": saturated}),
    ("num.nonfinite", "skip", {"conv2d": skipping}),
    ("mem.output_alias", "yes", {"relu": lambda x: x if (x > 0).all() else np.maximum(x, 0)}),
]


@pytest.mark.parametrize(("flag", "value", "functions"), FOLLOWED, ids=[f"{row[0]}={row[1]}" for row in FOLLOWED])
def test_a_dialect_is_found_by_its_smallest_calls(flag: str, value: str, functions: dict[str, Any]) -> None:
    with open_target(altered(**functions), isolate="none") as target:
        answer = ask(BY_FLAG[flag], target)
        assert answer is not None
        assert (answer.value, answer.declared, answer.wrong) == (value, "", False)
        assert answer.undeclared == bool(BY_FLAG[flag].default)
        target.claims = replace(target.claims, dialects={flag: value})
        again = ask(BY_FLAG[flag], target)
        assert again is not None
        assert not again.wrong


def test_every_value_but_the_default_is_found_above() -> None:
    others = {(flag.name, value) for flag in FLAGS for value in flag.values if value not in (flag.default, "refused")}
    assert others == {(flag, value) for flag, value, _ in FOLLOWED}
    for flag in FLAGS:
        assert all(find_law(law).id == law for law in flag.laws)
        assert flag.default in ("", *flag.values)


def test_the_reference_follows_every_default() -> None:
    with open_target("reference", isolate="none") as target:
        answers = detect(target)
        assert [answer.flag.name for answer in answers] == [flag.name for flag in FLAGS]
        assert all(a.value == (a.flag.default or "refused") and Case.parse(str(a.cases[0])) for a in answers)
        assert not any(answer.wrong or answer.undeclared for answer in answers)
        assert list(refusals(target)) == []
        assert declaration(target.claims, answers).empty


def test_what_wins_only_in_one_place_is_no_dialect() -> None:
    with open_target("mutant:nan_wins_only_when_first", isolate="none", op="max_pool2d") as target:
        answer = ask(BY_FLAG["pool.max.nan"], target)
        assert answer is not None
        assert (answer.value, answer.undeclared) == ("", False)


POOL = """
import numpy as np

{first}
def max_pool2d(x, kernel_size, stride):
    n, c, h, w = x.shape
    y = np.empty((n, c, (h - kernel_size) // stride + 1, (w - kernel_size) // stride + 1), x.dtype)
    for b, d, i, j in np.ndindex(*y.shape):
        best = -np.inf
        for u, v in np.ndindex(kernel_size, kernel_size):
            if x[b, d, i * stride + u, j * stride + v] > best:
                best = x[b, d, i * stride + u, j * stride + v]
        y[b, d, i, j] = best
    return y
"""


@pytest.fixture
def layers(tmp_path: Path) -> Any:
    def write(dialects: dict[str, str] | None) -> str:
        first = "" if dialects is None else f"import cnnspec\n\n\n@cnnspec.claims(dialects={dialects!r})"
        (tmp_path / "layers.py").write_text(POOL.format(first=first))
        return str(tmp_path / "layers.py")

    return write


def test_a_wrong_declaration_is_a_finding_in_every_profile(layers: Any) -> None:
    result = run(layers({"pool.max.nan": "propagate"}), effort="quick", isolate="none")
    assert [(f.law, f.op) for f in result.findings] == [("POOL-8", "max_pool2d")]
    assert result.exit_code == 1
    assert result.findings[0].failure.message.endswith("""is 'ignore': write dialects={"pool.max.nan": "ignore"}""")
    assert result.tallies["max_pool2d", "POOL-8"].failed == 1
    right = run(layers({"pool.max.nan": "ignore"}), effort="quick", isolate="none")
    assert (right.exit_code, str(right.tallies["max_pool2d", "POOL-8"].verdict)) == (0, "passed")


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"pool.max.identity": "lowest"}, "which is '-inf': leave it out, since that is the default"),
        ({"pool.max.nan": "maybe"}, "there is no such value (propagate, ignore)"),
    ],
)
def test_how_to_write_it(declared: dict[str, str], words: str, layers: Any) -> None:
    result = run(layers(declared), effort="quick", isolate="none")
    assert any(words in finding.failure.message for finding in result.findings)


def test_what_is_followed_and_not_declared_is_said_beside_the_finding(layers: Any) -> None:
    result = run(layers(None), cases=40, profile="strict", laws=("POOL-*",), isolate="none")
    facts = [fact for finding in result.findings if finding.law == "POOL-8" for fact in finding.facts]
    assert any(
        """pool.max.nan = 'ignore'""" in fact and 'dialects={"pool.max.nan": "ignore"}' in fact for fact in facts
    )
    assert run(layers(None), effort="quick", isolate="none").exit_code == 0  # NaN is no part of the standard profile


def test_a_wrong_declaration_is_replayed(layers: Any) -> None:
    target = layers({"pool.max.nan": "propagate"})
    case = str(run(target, effort="quick", isolate="none").findings[0].case)
    answer = CliRunner().invoke(cli, ["replay", case, target, "-q"])
    assert (answer.exit_code, "the dialect pool.max.nan" in answer.output) == (1, True)


def test_the_command_prints_a_block_to_paste(layers: Any) -> None:
    answer = CliRunner().invoke(cli, ["check", layers(None), "--detect"])
    assert answer.exit_code == 1
    assert "pool.max.nan       ignore     not declared" in answer.output
    block = [line.strip() for line in answer.output.splitlines()]
    assert '@cnnspec.claims(dialects={"pool.max.nan": "ignore"})    # max_pool2d' in block
    mapping = next(line for line in block if line.startswith("__cnnspec_claims__"))
    path = Path(layers(None))
    path.write_text(f"{mapping}\n{path.read_text()}")
    again = CliRunner().invoke(cli, ["check", str(path), "--detect"])
    assert (again.exit_code, "as declared" in again.output) == (0, True)
    wrong = CliRunner().invoke(cli, ["check", layers({"pool.max.nan": "propagate"}), "--detect"])
    assert (wrong.exit_code, "wrong: propagate is declared" in wrong.output) == (1, True)


# --------------------------------------------------------------------------------------------------------- restrictions


def test_there_is_a_call_beyond_every_restriction_that_is_refused() -> None:
    asked = {limit for limit in BEYOND for op in ("conv2d", "max_pool2d", "conv_transpose2d", "pad")
             if beyond(limit, op, full_claims(find(op)[0])) is not None}  # fmt: skip
    assert asked == set(BEYOND)
    assert set(LIMITS) - set(BEYOND) == {
        "padding_below_kernel", "negative_pads_only_constant", "padding_none_or_same", "padding_none_or_same_upper",
    }  # fmt: skip


def refusing(limit: str, op: str) -> Implementation:
    """The reference, which refuses what is beyond a limit."""
    found = adapters.load("reference")

    def function(*arrays: Any, **options: Any) -> Any:
        shapes = {name: a.shape for name, a in zip(find(op)[0].arrays, arrays, strict=False)}
        case = Case.build(op, shapes, options)
        if not within_limit(case, limit):
            raise ValueError("not meant to be done")
        return found.functions[op](*arrays, **options)

    return replace(found, functions={**found.functions, op: function})


@pytest.mark.parametrize("limit", BEYOND)
def test_a_refusal_is_found(limit: str) -> None:
    op = next(
        o for o in ("conv2d", "max_pool2d", "conv_transpose2d", "pad") if beyond(limit, o, full_claims(find(o)[0]))
    )
    with open_target(refusing(limit, op), isolate="none") as target:
        found = list(refusals(target))
        assert [(refusal.limit, refusal.op) for refusal in found] == [(limit, op)]
        words = declaration(target.claims, [], found).words(op)
        assert words == f'limits=["{limit}"]'


SQUARE = """
import numpy as np

def conv2d(x, w):
    f = w.shape[2]
    y = np.zeros((x.shape[0], w.shape[0], x.shape[2] - f + 1, x.shape[3] - f + 1), x.dtype)
    for i, j in np.ndindex(*y.shape[2:]):
        y[:, :, i, j] = np.tensordot(x[:, :, i : i + f, j : j + f], w, ((1, 2, 3), (1, 2, 3)))
    return y
"""


def test_a_restriction_that_tells_failing_cases_from_passing_ones_is_said(tmp_path: Path) -> None:
    (tmp_path / "square.py").write_text(SQUARE)
    result = run(str(tmp_path / "square.py"), cases=60, isolate="none")
    facts = [fact for finding in result.findings for fact in finding.facts]
    assert any("the kernel is the same on every axis. Look there; or" in fact for fact in facts)
    (tmp_path / "square.py").write_text('__cnnspec_claims__ = {"limits": ["square_kernel"]}\n' + SQUARE)
    assert run(str(tmp_path / "square.py"), cases=60, isolate="none").exit_code == 0
