"""What one element is made of, against the definitions."""

from __future__ import annotations

import cmath
from dataclasses import replace

import numpy as np
import pytest

from cnnspec.adapters.builtin import reference
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import UsageError
from cnnspec.operations import OPERATIONS
from cnnspec.report.makers import MAKERS, made, windows

EVERY = list(reference().claims.operations)


def definition(case: Case) -> np.ndarray:
    arrays = make_arrays(case).values()
    values = [a if a.dtype.kind == "c" else a.astype(np.float64) for a in arrays]
    with np.errstate(all="ignore"):
        y = case.operation.definition(*values, **case.call_options)
    return y[0] if isinstance(y, tuple) else y


def same(exact: object, expected: object) -> bool:
    a, b = complex(exact), complex(expected)  # type: ignore[arg-type]
    return a == b or (cmath.isnan(a) and cmath.isnan(b)) or abs(a - b) <= 1e-9 * max(1.0, abs(b))


@pytest.mark.parametrize("op", EVERY)
def test_an_element_is_made_of_what_the_definition_adds(op, drawn) -> None:
    elements = 0
    for case in drawn(op, 12, strict=True):
        y = definition(case)
        for flat in {0, y.size // 2, y.size - 1} if y.size else ():
            at = tuple(int(i) for i in np.unravel_index(flat, y.shape))
            assert same(made(case, at).value, y[at]), (str(case), at)
            elements += 1
    assert elements > 12


def test_every_operation_is_told() -> None:
    assert {operation.name for operation in OPERATIONS} - set(MAKERS) == set()


def test_the_check_above_sees_a_wrong_tap() -> None:
    case = Case.parse("conv2d:x=1x1x4x5,w=1x1x2x3,stride=2x1,f64,iota")
    how = made(case, (0, 0, 1, 2))
    wrong = replace(how, groups={name: terms[1:] for name, terms in how.groups.items()})
    assert same(how.value, definition(case)[0, 0, 1, 2])
    assert not same(wrong.value, definition(case)[0, 0, 1, 2])


def test_taps_are_real_padding_or_overhang() -> None:
    case = Case.parse("max_pool1d:x=1x1x5,kernel_size=3,stride=3,padding=1.0,ceil_mode=1,f64")
    taps = [made(case, (0, 0, i)).view.taps for i in range(2)]
    assert taps[0] == {(-1,): "padding", (0,): "real", (1,): "real"}
    assert taps[1] == {(2,): "real", (3,): "real", (4,): "real"}
    longer = Case.parse("max_pool1d:x=1x1x6,kernel_size=3,stride=3,padding=1.0,ceil_mode=1,f64")
    assert made(longer, (0, 0, 2)).view.taps == {(5,): "real", (6,): "overhang", (7,): "overhang"}


def test_the_window_of_each_axis_is_its_own() -> None:
    case = Case.parse("conv2d:x=2x3x7x11,w=4x3x3x2,stride=2x3,padding=1.0_0.2,dilation=1x2,f64")
    assert [(w.kernel, w.stride, w.dilation, w.lo, w.hi) for w in windows(case)] == [(3, 2, 1, 1, 0), (2, 3, 2, 0, 2)]


def test_an_element_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"has the shape \(1, 1, 2\), which has no element \[0, 0, 2\]"):
        made(Case.parse("conv1d:x=1x1x3,w=1x1x2,f64"), (0, 0, 2))
