"""Channels last, no batch, single planes: every array arrives as its layout says, and the result comes back."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

import cnnspec
from cnnspec import adapters
from cnnspec.adapters.layouts import MOST, Layout, rearranged
from cnnspec.cases.arrays import make_arrays
from cnnspec.cases.case import Case
from cnnspec.errors import ShapeError, TargetError, Unsupported, UsageError
from cnnspec.harness import session
from cnnspec.operations import find

CASES = [
    "conv2d:x=2x3x7x6,w=4x3x3x2,b,stride=2x1,f64,ints:5",
    "conv1d:x=2x3x7,w=4x3x3,f64,ints:5",
    "conv3d:x=2x3x4x5x6,w=4x3x1x3x2,f64,ints:5",
    "conv_transpose2d:x=2x3x4x5,w=3x4x3x2,stride=2x1,f64,ints:5",
    "conv2d_input_grad:x=2x3x7x6,w=4x3x3x2,stride=2x1,f64,ints:5",
    "conv2d_weight_grad:x=2x3x7x6,w=4x3x3x2,stride=2x1,f64,ints:5",
    "max_pool2d:x=2x3x7x6,kernel_size=3x2,stride=2x1,f64,ints:5",
    "max_pool2d_with_indices:x=2x3x7x6,kernel_size=3x2,stride=2x1,f64,ints:5",
    "max_pool2d_input_grad:x=2x3x7x6,kernel_size=3x2,stride=2x1,f64,ints:5",
    "relu:x=2x3x7x6,f64,ints:5",
    "pad:x=2x3x4x5,padding=1.0_0.2,f64,ints:5",
    "global_avg_pool:x=2x3x4x5,f64,ints:4",
    "conv_transpose2d_input_grad:x=2x3x4x5,w=3x4x3x2,stride=2x1,f64,ints:5",
    "conv_transpose2d_weight_grad:x=2x3x4x5,w=3x4x3x2,stride=2x1,f64,ints:5",
]


def moved(array: np.ndarray, have: str, want: str) -> np.ndarray:
    """An array with its axes in another order, written out with NumPy's einsum: ``S`` stands for the spatial axes."""
    extra = "xyz"[: array.ndim - len(have) + 1]
    low = {letter: letter.lower() for letter in "NCOI"}
    spell = lambda letters: "".join(extra if letter == "S" else low[letter] for letter in letters)  # noqa: E731
    return np.einsum(f"{spell(have)}->{spell(want)}", array)


def in_layout(case: Case, data: str, weights: str) -> Any:
    """The reference as a function of arrays in a layout, by other means than the adapter's."""
    name, op = case.op, case.operation
    own = "IOS" if op.name.startswith("conv_transpose") else "OIS"
    weights = weights or own

    def function(*arrays, **options):
        names = op.arrays[: len(arrays)]
        given = [a if n == "b" else moved(a, weights, own) if n == "w" else moved(a, data, "NCS")
                 for n, a in zip(names, arrays, strict=True)]  # fmt: skip
        y = op.reference(*given, **options)
        back = (lambda a: moved(a, own, weights)) if name.endswith("weight_grad") else lambda a: moved(a, "NCS", data)
        return tuple(map(back, y)) if isinstance(y, tuple) else back(y)

    return function


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize(("data", "weights"), [("NSC", "SIO"), ("CSN", "OSI"), ("SNC", "ISO"), ("NCS", "")])
def test_every_operation_in_a_layout(text: str, data: str, weights: str) -> None:
    case = Case.parse(text)
    arrays = make_arrays(case)
    call = rearranged(in_layout(case, data, weights), case.operation, Layout(data, weights))
    expected = case.operation.reference(*arrays.values(), **case.call_options)
    got = call(*arrays.values(), **case.call_options)
    for a, b in zip(*(y if isinstance(y, tuple) else (y,) for y in (got, expected)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("text", CASES[:1] + CASES[3:])
def test_every_operation_of_one_sample(text: str) -> None:
    """Without an N the function sees one sample at a time; the gradient of weights is then a sum over samples."""
    case = Case.parse(text)
    arrays = make_arrays(case)
    seen = []

    def one(*given, **options):
        seen.append(given[0].ndim)
        samples = [a if n in ("w", "b") else a[None] for n, a in zip(case.operation.arrays, given, strict=False)]
        y = case.operation.reference(*samples, **options)
        if isinstance(y, tuple):
            return tuple(part[0] for part in y)
        return y if case.op.endswith("weight_grad") else y[0]

    got = rearranged(one, case.operation, Layout("CS"))(*arrays.values(), **case.call_options)
    expected = case.operation.reference(*arrays.values(), **case.call_options)
    for a, b in zip(*(y if isinstance(y, tuple) else (y,) for y in (got, expected)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert seen == [arrays[next(iter(arrays))].ndim - 1] * 2


@pytest.mark.parametrize("text", [CASES[1], CASES[3], CASES[4], CASES[5], CASES[6], CASES[8], CASES[9], *CASES[12:]])
def test_every_operation_of_one_plane(text: str) -> None:
    case = Case.parse(text)
    arrays = make_arrays(case)
    plain = case.operation.reference

    def plane(*given, **options):
        return plain(*(a[None, None] for a in given), **options)[0, 0]

    got = rearranged(plane, case.operation, Layout("S", "S"))(*arrays.values(), **case.call_options)
    np.testing.assert_array_equal(got, plain(*arrays.values(), **case.call_options))


def test_a_function_keeps_its_signature_and_sees_the_memory_itself() -> None:
    """What it writes into its input is seen, since it gets views."""

    def relu(x):
        x[x < 0] = 0
        return x

    x = np.array([[[-1.0, 2.0], [3.0, -4.0]]])
    call = rearranged(relu, find("relu")[0], Layout("NSC"))
    assert call.__name__ == "relu"
    assert np.may_share_memory(call(x), x)
    assert x.tolist() == [[[0, 2], [3, 0]]]


def test_what_is_no_array_comes_back_as_it_is() -> None:
    call = rearranged(lambda x: [1.0], find("relu")[0], Layout("NSC"))
    assert call(np.zeros((1, 2, 3))) == [1.0]
    call = rearranged(lambda x: None, find("relu")[0], Layout("S"))
    assert call(np.zeros((1, 2, 3))) is None
    call = rearranged(lambda x: x[0], find("relu")[0], Layout("CS"))
    assert call(np.zeros((1, 2, 3))).shape == (3,)


def test_what_cannot_be_handed_over() -> None:
    conv, x, w = find("conv")[0], np.zeros((1, 2, 3)), np.zeros((2, 2, 1))
    plane = rearranged(lambda x, w: x, conv, Layout("S", "S"))
    with pytest.raises(Unsupported, match="neither a bias nor groups"):
        plane(x, w, np.zeros(2))
    with pytest.raises(Unsupported, match="neither a bias nor groups"):
        plane(x, w, groups=2)
    with pytest.raises(Unsupported, match="no plane to call it on"):
        plane(x[:0], w)
    with pytest.raises(Unsupported, match=f"it takes 516 calls; at most {MOST} are made"):
        plane(np.zeros((129, 2, 3)), w)


# ---------------------------------------------------------------------------------------------------------- declared


@cnnspec.claims(layout="NHWC", padding="symmetric", style="torch")
def conv2d(x, w, b=None, *, stride, padding):
    """Channels last, and weights as TensorFlow keeps them."""
    (ph, pw), (n, _, _, c), (kh, kw, i, o) = padding, x.shape, w.shape
    assert c == i
    x = np.pad(x, ((0, 0), (ph, ph), (pw, pw), (0, 0)))
    rows, columns = (x.shape[1] - kh) // stride[0] + 1, (x.shape[2] - kw) // stride[1] + 1
    y = np.zeros((n, rows, columns, o), x.dtype)
    for t in np.ndindex(rows, columns):
        top, left = t[0] * stride[0], t[1] * stride[1]
        y[:, t[0], t[1]] = np.tensordot(x[:, top : top + kh, left : left + kw], w, ((1, 2, 3), (0, 1, 2)))
    return y if b is None else y + b


@cnnspec.claims(layout="HWC")
def max_pool2d(x, *, kernel_size, stride):
    """One image, channels last."""
    (kh, kw), (sh, sw) = kernel_size, stride
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), (0, 1))
    return windows[::sh, ::sw].max((-2, -1))


@cnnspec.claims(layout="NHWC")
def transposed_conv2d(x, w, *, stride):
    """Its kernel lies in memory the other way round: rows for columns."""
    return conv2d(x, w.transpose(1, 0, 2, 3), stride=stride, padding=(0, 0))


@pytest.mark.parametrize("function", [conv2d, max_pool2d])
def test_a_declared_layout_conforms(function: Any) -> None:
    result = session.run(function, effort="quick")
    assert (result.exit_code, result.findings) == (0, [])
    assert result.claims.dialects == {"layout.data": "NHWC" if function is conv2d else "HWC"}


def test_channels_that_are_looped_over_must_fit() -> None:
    operation = find("conv2d")[0]
    plane = rearranged(in_layout(Case.parse(CASES[0]), "S", "S"), operation, Layout.of("HW"))
    with pytest.raises(ShapeError, match=r"one array has 2 channels, another 1 \(SHAPE-4\)"):
        plane(np.ones((1, 2, 3, 3)), np.ones((1, 1, 2, 2)), stride=(1, 1), padding=((0, 0),) * 2)


def test_planes_side_by_side_stay_what_they_are() -> None:
    relu = rearranged(lambda x: x, find("relu")[0], Layout.of("HW"))
    assert np.signbit(relu(np.full((2, 2, 1, 1), -0.0))).all()


def test_a_fault_inside_a_declared_layout_is_found() -> None:
    result = session.run(transposed_conv2d, op="conv2d", effort="quick")
    assert {finding.law for finding in result.findings} & {"CORR-1", "SHAPE-3"}


def test_a_layout_is_detected_where_nothing_is_declared() -> None:
    def conv2d(x, w):
        return globals()["conv2d"](x, w, stride=(1, 1), padding=(0, 0))

    assert adapters.load(conv2d).notes[0] == "conv2d: the layout is NHWC, weights HWIO (detected)"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"layout": "NHCW"}, "layout is written in letters, such as NHWC, HWC, CHW or HW; got 'NHCW'"),
        ({"layout": "NXYC"}, "got 'NXYC'"),
        ({"layout": "NC"}, "got 'NC'"),
        ({"layout": "NNHWC"}, "got 'NNHWC'"),
        ({"layout": 3}, "got 3"),
        ({"weights": "HWC"}, "weights is written in letters, such as HWIO, OHWI, IHW or HW; got 'HWC'"),
    ],
)
def test_a_layout_that_is_none(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        cnnspec.claims(**declared)


@pytest.mark.parametrize(
    ("data", "weights", "message"),
    [
        ("HW", "OIHW", "do not go together: C of the one is I of the other"),
        ("NCHW", "OHW", "do not go together"),
        ("HW", "OHW", "the layout HW has no place for the O of the weights OHW"),
    ],
)
def test_layouts_that_do_not_go_together(data: str, weights: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Layout.of(data, weights)
    declared = cnnspec.claims(layout=data, weights=weights)(lambda x, w: x)
    with pytest.raises(TargetError, match=message):
        adapters.load(declared, op="conv2d")


def test_every_order_of_letters_is_a_layout() -> None:
    for letters in permutations(["N", "C", "HW"]):
        assert Layout.of("".join(letters)).data == "".join(letters).replace("HW", "S")
    assert Layout.of("NDHWC", "DHWIO") == Layout("NSC", "SIO")
    assert Layout.of("NLC").weights == "SIO"
