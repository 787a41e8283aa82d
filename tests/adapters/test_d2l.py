"""Functions of single planes and of channels without a batch, under the names of a textbook or any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cnnspec
from cnnspec import adapters
from cnnspec.errors import TargetError
from cnnspec.harness import session

BOOK = Path(__file__).with_name("textbook.py")
X = np.arange(2 * 3 * 5 * 6.0).reshape(2, 3, 5, 6) % 11 - 5
W = np.arange(4 * 3 * 3 * 2.0).reshape(4, 3, 3, 2) % 7 - 3
PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def written(folder: Path, *changes: tuple[str, str]) -> str:
    """The book's functions with pieces of their text replaced, as a target."""
    text = BOOK.read_text("utf-8")
    for right, wrong in changes:
        assert right in text
        text = text.replace(right, wrong)
    (folder / "book.py").write_text(text, "utf-8")
    return str(folder / "book.py")


@pytest.mark.parametrize("name", ["corr2d", "corr2d_multi_in", "corr2d_multi_in_out"])
def test_a_correlation_of_any_number_of_channels_is_conv2d(name: str) -> None:
    loaded = adapters.load(f"{BOOK}:{name}")
    np.testing.assert_array_equal(loaded.functions["conv2d"](X, W, **PLAIN), cnnspec.conv2d(X, W))
    claim = loaded.claims.operations["conv2d"]
    assert (claim.options, claim.padding, claim.bias, claim.dtypes) == ((), "none", "no", ("float64",))
    layout = {"corr2d": "HW, weights HW; samples and channels are", "corr2d_multi_in": "CHW, weights IHW; samples are",
              "corr2d_multi_in_out": "CHW; samples are"}[name]  # fmt: skip
    assert f"conv2d: the layout is {layout} looped over here (detected)" in loaded.notes


def test_the_whole_chapter() -> None:
    loaded = adapters.load(str(BOOK))
    assert list(loaded.functions) == ["conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d"]
    note = "conv2d is corr2d_multi_in_out here, and corr2d_multi_in and corr2d can be checked as TARGET:NAME"
    assert note in loaded.notes
    for op, options in (("max_pool2d", {"kernel_size": (3, 2), "stride": (2, 3)}),
                        ("avg_pool2d", {"kernel_size": (2, 1), "stride": (1, 2)})):  # fmt: skip
        expected = getattr(cnnspec, op)(X, **options)
        np.testing.assert_allclose(loaded.functions[op](X, **options), expected, rtol=1e-15)


@pytest.mark.parametrize("name", ["corr2d", "corr2d_multi_in_out", "trans_conv", "pool2d"])
def test_what_is_right_conforms(name: str) -> None:
    result = session.run(f"{BOOK}:{name}", cases=20)
    assert (result.exit_code, result.findings) == (0, [])


FAULTS = {
    "flipped": ([("* K).sum()", "* K[::-1, ::-1]).sum()")], "corr2d", "CORR-1"),
    "flipped on one axis": ([("* K).sum()", "* K[:, ::-1]).sum()")], "corr2d", "CORR-1"),
    "one row short": ([("Y = np.zeros((X.shape[0] - h + 1,", "Y = np.zeros((X.shape[0] - h,")], "corr2d", "SHAPE-3"),
    "height for width": ([("j : j + w] * K", "j : j + h] * K")], "corr2d", "CALL-1"),
    "the first channel alone": ([("zip(X, K, strict=True)", "list(zip(X, K))[:1]")], "corr2d_multi_in", "CORR-1"),
    "= instead of +=": ([("+= X[i, j] * K", "= X[i, j] * K")], "trans_conv", "TRANS-1"),
    "minimum": ([("window.max()", "window.min()")], "pool2d", "POOL-1"),
    "sum for mean": ([("window.mean()", "window.sum()")], "pool2d", "POOL-3"),
    "axes swapped": ([("p_h, p_w = pool_size", "p_w, p_h = pool_size")], "pool2d", "SHAPE-3"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_breaks_the_law_that_speaks_of_it(fault: str, tmp_path: Path) -> None:
    changes, name, law = FAULTS[fault]
    result = session.run(f"{written(tmp_path, *changes)}:{name}", effort="quick")
    assert law in {name for finding in result.findings for name in (finding.law, *finding.also)}, result.findings


def test_the_smallest_case_is_one_plane(tmp_path: Path) -> None:
    result = session.run(f"{written(tmp_path, *FAULTS['flipped'][0])}:corr2d", effort="quick")
    assert [finding.case.shapes["x"][:2] for finding in result.findings] == [(1, 1)]


# ---------------------------------------------------------------------------------------------------- under other names


def correlate(image, kernel):
    """A plain function whose name says nothing."""
    rows, columns = image.shape
    kh, kw = kernel.shape
    y = np.zeros((rows - kh + 1, columns - kw + 1), image.dtype)
    for i, j in np.ndindex(*y.shape):
        y[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
    return y


def max_pool2d(image, kernel_size, stride=2):
    """Of one plane, with a square window and a stride."""
    k, s = kernel_size, stride
    rows, columns = ((n - k) // s + 1 for n in image.shape[-2:])
    if image.ndim != 2:
        raise ValueError("one plane")
    return np.array([[image[i * s : i * s + k, j * s : j * s + k].max() for j in range(columns)] for i in range(rows)])


def conv2d(x, w, b, stride=1, padding=0):
    """Of one sample, channels first, with a bias."""
    channels, _, _ = x.shape
    assert channels == w.shape[1]
    return cnnspec.conv2d(x[None], w, b, stride=stride, padding=padding)[0]


def test_a_name_is_no_condition() -> None:
    loaded = adapters.load(correlate, op="conv2d")
    np.testing.assert_array_equal(loaded.functions["conv2d"](X, W, **PLAIN), cnnspec.conv2d(X, W))
    assert loaded.claims.operations["conv2d"].dtypes == ("float64", "float32")


def test_options_and_bias_go_through() -> None:
    pool, conv = adapters.load(max_pool2d), adapters.load(conv2d)
    options = {"kernel_size": (2, 2), "stride": (3, 3)}
    np.testing.assert_array_equal(pool.functions["max_pool2d"](X, **options), cnnspec.max_pool2d(X, **options))
    assert pool.claims.operations["max_pool2d"].uniform
    assert conv.claims.operations["conv2d"].bias == "required"
    changed = {**PLAIN, "stride": (2, 2), "padding": ((1, 1), (1, 1))}
    expected = cnnspec.conv2d(X, W, np.arange(4.0), stride=2, padding=1)
    np.testing.assert_array_equal(conv.functions["conv2d"](X, W, np.arange(4.0), **changed), expected)


def test_what_is_none_of_these_is_said(tmp_path: Path) -> None:
    (tmp_path / "book.py").write_text("def train(): ...")
    with pytest.raises(TargetError, match="none of the functions that are checked"):
        adapters.load(str(tmp_path / "book.py"))


def test_torch_tensors_may_come_back() -> None:
    """The book's own code makes its result with torch.zeros."""
    torch = pytest.importorskip("torch")

    def corr2d(X, K):
        h, w = K.shape
        Y = torch.zeros((X.shape[0] - h + 1, X.shape[1] - w + 1))
        for i in range(Y.shape[0]):
            for j in range(Y.shape[1]):
                Y[i, j] = float((X[i : i + h, j : j + w] * K).sum())
        return Y

    result = session.run(corr2d, effort="quick")
    assert (result.exit_code, result.findings) == (0, [])
    assert result.claims.operations["conv2d"].dtypes == ("float32",)
