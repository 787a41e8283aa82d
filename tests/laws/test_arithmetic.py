"""Bounds follow what is declared; a finding says how far off it is and what that looks like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.fft import irfftn, rfftn

from cnnspec.cases.case import Case
from cnnspec.harness.judge import rule
from cnnspec.harness.probe import CaseProbe
from cnnspec.harness.target import InlineTarget
from cnnspec.harness.verdicts import Verdict
from cnnspec.laws.arithmetic import terms
from cnnspec.laws.registry import find_law
from cnnspec.numerics.simulated import conv

REAL = "conv2d:x=2x8x7x11,w=4x8x3x2,b,padding=1.0_2.1,f32,real,seed=3"
INTS = "conv2d:x=2x8x7x11,w=4x8x3x2,b,padding=1.0_2.1,f32,ints:99,seed=3"


def ruling(function, text: str, law: str = "CORR-3", numerics: dict[str, str] | None = None, **dialects: str):
    target = InlineTarget({"conv2d": function})
    claim = replace(target.claims.operations["conv2d"], numerics=numerics or {})
    target.claims = replace(target.claims, operations={"conv2d": claim}, dialects=dialects)
    return rule(find_law(law), CaseProbe(Case.parse(text), target))


def simulated(**numerics: str):
    def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
        return conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups, numerics=numerics)

    return conv2d


def by_transform(x, w, b=None, *, padding):
    xp = np.pad(x, ((0, 0), (0, 0), *padding)).astype(np.float32)
    sizes = [32, 32]
    spectrum = np.einsum("ncij,ocij->noij", rfftn(xp, sizes, axes=(2, 3)), rfftn(w, sizes, axes=(2, 3)).conj())
    extents = [n - k + 1 for n, k in zip(xp.shape[2:], w.shape[2:], strict=True)]
    y = irfftn(spectrum, sizes, axes=(2, 3))[:, :, : extents[0], : extents[1]]
    return (y + (0 if b is None else b[:, None, None])).astype(np.float32)


@pytest.mark.parametrize(
    ("numerics", "words"),
    [
        ({"accumulator": "float16"}, "looks like float16 accumulation"),
        ({"accumulator": "bfloat16"}, "looks like bfloat16 accumulation"),
        ({"operands": "tf32"}, "looks like operands rounded to tf32"),
        ({"operands": "bfloat16"}, "looks like operands rounded to bfloat16"),
        ({"operands": "tf32", "rounding": "truncate"}, "looks like operands cut to tf32"),
    ],
)
def test_a_finding_names_the_arithmetic(numerics: dict[str, str], words: str) -> None:
    failed = ruling(simulated(**numerics), REAL)
    assert failed.verdict is Verdict.FAILED
    assert words in failed.failure.message
    assert "times what any summation order of float32 could give" in failed.failure.message
    assert failed.failure.bound.shape == (2, 4, 6, 13)
    assert ruling(simulated(**numerics), REAL, numerics=numerics).verdict is Verdict.PASSED


def test_correct_sums_pass_and_wrong_ones_are_not_called_imprecise() -> None:
    for numerics in ({}, {"depth": "pairwise"}, {"accumulator": "float64"}):
        assert ruling(simulated(**numerics), REAL).verdict is Verdict.PASSED

    def wrong(x, w, b=None, *, padding):
        y = conv(x, w, b, padding=padding)
        y[1, 2, 3, 4] += 1
        return y

    message = ruling(wrong, REAL).failure.message
    assert "no precision explains it: element [1, 2, 3, 4] is" in message


def test_a_declared_depth_is_held() -> None:
    """1, and then 5,000 numbers that are each lost when added to it."""
    creeping = "conv2d:x=1x1x1x5001,w=1x1x1x5001,f32,real,data.w=1,data.x=1" + "_5.9e-08" * 5000
    declared = {"depth": "blocked:64"}
    assert ruling(simulated(), creeping).verdict is Verdict.PASSED
    assert ruling(simulated(**declared), creeping, numerics=declared).verdict is Verdict.PASSED
    failed = ruling(simulated(), creeping, numerics=declared)
    assert "times what the declared blocked:64 summation of float32 could give" in failed.failure.message


def test_a_transform_is_held_to_its_own_bound() -> None:
    def flipped(x, w, b=None, *, padding):
        return by_transform(x, w[:, :, ::-1], b, padding=padding)

    declared, detected = {"algorithm": "fft"}, {"num.algorithm": "transform"}
    assert ruling(by_transform, INTS, "CORR-1").verdict is Verdict.FAILED
    for text, law in ((REAL, "CORR-3"), (INTS, "CORR-1")):
        assert ruling(by_transform, text, law, declared).verdict is Verdict.PASSED
        assert ruling(by_transform, text, law, **detected).verdict is Verdict.PASSED
        assert ruling(flipped, text, law, **detected).verdict is Verdict.FAILED
    assert ruling(by_transform, INTS, "CORR-1", {"algorithm": "direct"}, **detected).verdict is Verdict.FAILED


def test_a_transform_is_told_from_a_wrong_element() -> None:
    """Zeros all over the first half of the plane: there the exact sums are 0, and those of a transform are not."""

    def some_zeros(function):
        def conv2d(x, w, b=None, *, padding):
            return function(x, w, b, padding=padding)

        return conv2d

    text = "conv2d:x=1x2x8x9,w=3x2x3x3,f32,real,seed=1,data.x=" + "_".join(["0"] * 36 + ["0.7", "-0.3", "0.9"] * 12)
    assert "looks like a transform algorithm" in ruling(some_zeros(by_transform), text).failure.message

    def wrong(x, w, b=None, *, padding):
        y = conv(x, w, b, padding=padding)
        y[0, 1, 5, 6] *= 1 + 1e-4
        return y

    assert "no precision explains it" in ruling(wrong, text).failure.message


def test_declared_operands_make_wide_integers_vacuous() -> None:
    wide = INTS.replace("ints:99", "wide:14")
    numerics = {"operands": "tf32"}
    assert ruling(simulated(operands="tf32"), wide, "CORR-1").verdict is Verdict.FAILED
    assert ruling(simulated(operands="tf32"), wide, "CORR-1", numerics).verdict is Verdict.VACUOUS
    assert ruling(simulated(operands="tf32"), INTS, "CORR-1", numerics).verdict is Verdict.PASSED


def test_flush_to_zero_must_be_declared() -> None:
    tiny = "conv1d:x=1x2x9,w=3x2x3,f32,real,data.w=1e-39_2e-39,seed=1"

    def conv1d(x, w, b=None, *, stride, padding, dilation, groups):
        return conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups, numerics={"ftz": "yes"})

    for numerics, verdict in (({}, Verdict.FAILED), ({"ftz": "yes"}, Verdict.PASSED)):
        target = InlineTarget({"conv1d": conv1d})
        claim = replace(target.claims.operations["conv1d"], numerics=numerics)
        target.claims = replace(target.claims, operations={"conv1d": claim})
        assert rule(find_law("CORR-3"), CaseProbe(Case.parse(tiny), target)).verdict is verdict


def test_who_declares_flush_to_zero_and_is_imprecise_is_told_so() -> None:
    numerics = {"ftz": "yes"}
    failure = ruling(simulated(accumulator="float16"), REAL, numerics=numerics).failure
    assert failure is not None
    assert "looks like float16 accumulation" in failure.message


def test_of_declared_flush_to_zero_only_subnormal_numbers_are_excused() -> None:
    tiny = "relu:x=1x1x3,f32,real,data.x=1_1e-39_2"

    def verdict(numerics: dict[str, str], wrong: float) -> Verdict:
        target = InlineTarget({"relu": lambda x: np.where(x < 1e-38, np.float32(wrong), x)})
        claim = replace(target.claims.operations["relu"], numerics=numerics)
        target.claims = replace(target.claims, operations={"relu": claim})
        return rule(find_law("RELU-1"), CaseProbe(Case.parse(tiny), target)).verdict

    assert verdict({}, 0.0) is Verdict.FAILED
    assert verdict({"ftz": "yes"}, 0.0) is Verdict.PASSED
    assert verdict({"ftz": "yes"}, 0.5) is Verdict.FAILED


def test_terms() -> None:
    for op, count in {"conv2d": 19, "conv2d_input_grad": 18, "conv2d_weight_grad": 2 * 5 * 10}.items():
        bias = ",b" if op == "conv2d" else ""
        assert terms(Case.parse(f"{op}:x=2x6x7x11,w=6x3x3x2{bias},groups=2,f32,real")) == count
    assert terms(Case.parse("conv_transpose2d:x=2x6x7x11,w=6x4x3x2,b,groups=2,f32,real")) == 19
