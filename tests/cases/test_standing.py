"""Non-finite numbers stand at every place of a window and in every channel, and faults of single lanes are caught."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.standing import (
    COUNTS,
    KERNELS,
    LARGE,
    PLANES,
    POOLS,
    SPREAD,
    SUMMED,
    WINDOWED,
    empty_batches,
    large_cases,
    special_cases,
)
from cnnspec.harness.outcomes import outcome_of, same
from cnnspec.harness.plan import make_plan
from cnnspec.harness.runner import draw
from cnnspec.harness.session import run
from cnnspec.laws.registry import find_law
from cnnspec.operations import find, spelled_names

CLAIMS = reference().claims.operations
OPERATIONS = [name for name in spelled_names() if special_cases(name, CLAIMS[name])]


def kind(name: str) -> str:
    """The operation without its rank."""
    return find(name)[0].name


def first_array(case):
    """The array that holds the numbers, and its name."""
    return next(iter(make_arrays(case).items()))


def test_every_rank_with_and_without_indices() -> None:
    assert set(map(kind, OPERATIONS)) == {*WINDOWED, *PLANES, *SPREAD, *SUMMED}
    for rank in (1, 2, 3):
        assert {f"conv{rank}d", f"max_pool{rank}d", f"max_pool{rank}d_with_indices"} <= set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_channel_has_it_and_some_results_have_none(name: str) -> None:
    nan = [case for case in special_cases(name, CLAIMS[name]) if "inf" not in str(case)]
    assert [case.shapes["x"][1] for case in nan] == [max(n, 2 * (kind(name) in SUMMED)) for n in COUNTS]
    for case in nan:
        y = case.operation.reference(*make_arrays(case).values(), **case.call_options)
        y = y[0] if isinstance(y, tuple) else y
        assert np.isnan(y).any()
        assert np.isfinite(y).any()
        _, x = first_array(case)
        held = set(np.argwhere(np.isnan(x))[:, 1].tolist())
        assert held == set(range(0, x.shape[1], 2 if kind(name) in SUMMED else 1))


@pytest.mark.parametrize("name", [name for name in OPERATIONS if kind(name) in (*WINDOWED, *PLANES)])
def test_every_place_of_a_window_has_it(name: str) -> None:
    for case in special_cases(name, CLAIMS[name])[: len(COUNTS)]:
        _, x = first_array(case)
        kernel = KERNELS[case.rank]
        places = defaultdict(set)
        for _, c, *t in np.argwhere(np.isnan(x)).tolist():
            places[c].add(tuple(i % k for i, k in zip(t, kernel, strict=True)))
        assert {c: len(seen) for c, seen in places.items()} == dict.fromkeys(range(x.shape[1]), np.prod(kernel))


@pytest.mark.parametrize("name", [n for n in OPERATIONS if kind(n) in (*POOLS, *PLANES)])
def test_a_nan_that_is_lost_in_large_arrays_alone(name: str) -> None:
    right = reference().functions[name]

    def faulty(x, **options):
        return right(np.nan_to_num(x) if x.size > LARGE else x, **options)

    cases = large_cases(name, CLAIMS[name])
    assert cases
    assert not any(same(outcome_of(faulty, case), outcome_of(right, case)) for case in cases)
    assert all(same(outcome_of(faulty, case), outcome_of(right, case)) for case in special_cases(name, CLAIMS[name]))


@pytest.mark.parametrize("name", [n for n in OPERATIONS if kind(n).startswith("conv_")])
def test_a_nan_that_one_channel_of_a_transposed_layer_or_a_gradient_loses(name: str) -> None:
    right = reference().functions[name]

    def faulty(a, w, *rest, **options):
        a = np.array(a)
        a[:, 16:] = np.nan_to_num(a[:, 16:])
        return right(a, w, *rest, **options)

    cases = special_cases(name, CLAIMS[name])
    caught = [case for case in cases if not same(outcome_of(faulty, case), outcome_of(right, case))]
    assert caught, name


@pytest.mark.parametrize("lane", [slice(8, 16), slice(16, None), slice(0, 8)], ids=str)
@pytest.mark.parametrize("name", ["max_pool1d", "max_pool2d", "max_pool3d", "avg_pool2d", "global_max_pool"])
def test_a_nan_that_is_lost_in_one_lane_of_channels(name: str, lane: slice) -> None:
    right = reference().functions[name]

    def faulty(x, **options):
        x = np.array(x)
        x[:, lane] = np.nan_to_num(x[:, lane], nan=-9.0, posinf=np.inf, neginf=-np.inf)
        return right(x, **options)

    found = run({name: faulty}, isolate="none", profile="strict", laws=("NAN-1", "POOL-8"), cases=20).findings
    assert {finding.law for finding in found} & {"NAN-1", "POOL-8"}


@pytest.mark.parametrize("place", range(6))
def test_a_nan_that_is_lost_at_one_place_with_indices(place: int) -> None:
    """As by a maximum that compares, whatever the order in which it goes through the window."""
    right = reference().functions["max_pool2d_with_indices"]

    def faulty(x, *, kernel_size, stride, padding, dilation, ceil_mode):
        x = np.array(x)
        if (kernel_size, stride, x.shape[1]) == ((3, 2), (3, 2), 17):
            i, j = np.unravel_index(place, (3, 2))
            x[:, 16, i::3, j::2] = np.nan_to_num(x[:, 16, i::3, j::2], nan=-9.0)
        return right(x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)

    target = {"max_pool2d_with_indices": faulty}
    found = run(target, isolate="none", profile="strict", laws=("POOL-8",), cases=20, seed=1).findings
    assert [finding.law for finding in found] == ["POOL-8"]


def test_a_convolution_that_loses_a_nan_of_one_input_channel() -> None:
    right = reference().functions["conv2d"]

    def faulty(x, w, b=None, *, stride, padding, dilation, groups):
        x = np.array(x)
        if x.shape[1] > 16:
            x[:, 16:] = np.nan_to_num(x[:, 16:])
        return right(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)

    found = run({"conv2d": faulty}, isolate="none", profile="strict", laws=("NAN-1",), cases=24).findings
    assert [finding.law for finding in found] == ["NAN-1"]


@pytest.mark.parametrize("name", [n for n in spelled_names() if find(n)[0].chapter != "signal"])
def test_every_operation_is_called_without_a_sample(name: str) -> None:
    (case,) = empty_batches(name, CLAIMS[name])
    assert case.valid
    assert find_law("EMPTY-1").concerns(case)
    (item,) = make_plan(reference().claims, operations=(name,), profile="strict").items
    for seed in (0, 1):
        assert case in list(draw(item, seed, True))


def test_they_are_drawn_under_the_strict_profile_alone() -> None:
    makers = (special_cases, large_cases, empty_batches)
    special = [case for make in makers for case in make("max_pool2d", CLAIMS["max_pool2d"])]
    (item,) = make_plan(reference().claims, operations=("max_pool2d",), profile="strict", cases=24).items
    assert list(draw(item, 0, True))[-len(special) :] == special
    assert not set(special) & set(draw(item, 0, False))
