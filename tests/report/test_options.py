"""What is written on the command line, read or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.errors import CaseError, CnnspecError, UsageError
from cnnspec.report import options
from cnnspec.report.sizes import geometry, same_words


@pytest.mark.parametrize("text", ["", "x", "0", "-3s", "5 weeks", "1e3"])
def test_a_time_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="a time reads 90, 60s, 2m or 1h"):
        options.seconds(text)


def test_memory_is_in_megabytes() -> None:
    assert [options.megabytes(text) for text in ("64", "64M", "0.5GB")] == [64, 64, 512]
    with pytest.raises(UsageError, match="memory reads"):
        options.megabytes("2T")


@pytest.mark.parametrize("text", ["txt=a", "json=", "a.txt", "json=/no/such/folder/r.json", "json=/"])
def test_a_report_that_cannot_be_written_is_refused_before_the_run(text: str) -> None:
    with pytest.raises(UsageError, match="report"):
        options.outputs([text])


def test_report_files(tmp_path: Path) -> None:
    assert options.outputs([f"md={tmp_path / 'a'}", "json=-", "r.xml"]) == [
        ("md", str(tmp_path / "a")), ("json", "-"), ("junit", "r.xml"),
    ]  # fmt: skip


def test_names_that_are_near_are_offered() -> None:
    with pytest.raises(UsageError, match="no operation is called 'maxpool2d'; do you mean max_pool2d"):
        options.check_operations(["maxpool2d"])
    with pytest.raises(UsageError, match="no law is called 'corr1'; do you mean CORR-1"):
        options.check_laws(["corr1"], ["CORR-1", "POOL-1"])
    options.check_operations(["conv*", "conv", "*_grad"])
    options.check_laws(["corr-*"], ["CORR-1"])


def test_an_index_is_numbers() -> None:
    assert options.index("0, 1,2") == (0, 1, 2)
    with pytest.raises(UsageError, match="--at 0,1,2,3; got 'a'"):
        options.index("a")


@pytest.mark.parametrize(
    ("op", "given", "extents"),
    [
        ("conv2d", {"input": "7x5", "kernel": "3x2", "stride": "2x1", "padding": "1.0_0.2"}, (3, 6)),
        ("conv", {"input": "7", "kernel": "3", "padding": "same_lower", "dilation": "2"}, (7,)),
        ("conv3d", {"input": "9", "kernel": "2", "padding": "1x0x2"}, (10, 8, 12)),
        ("max_pool2d", {"input": "5x6", "kernel": "2", "ceil_mode": True}, (3, 3)),
        ("max_pool2d", {"input": "5x6", "kernel": "2", "stride": "1", "padding": "same"}, (5, 6)),
        ("avg_pool1d", {"input": "6", "kernel": "3", "padding": "-1"}, (1,)),
        ("conv_transpose1d", {"input": "4", "kernel": "3", "stride": "2", "output_padding": "1"}, (10,)),
        ("adaptive_max_pool2d", {"input": "7x5", "output_size": "3x8"}, (3, 8)),
        ("pad", {"input": "4x3", "padding": "1.0_0.2", "mode": "reflect"}, (5, 5)),
        ("convolve", {"input": "5x4", "kernel": "3", "mode": "same"}, (5, 4)),
        ("global_avg_pool", {"input": "5x4"}, (1, 1)),
    ],
)
def test_sizes_become_a_case(op: str, given: dict[str, object], extents: tuple[int, ...]) -> None:
    case = geometry(op, **given)  # type: ignore[arg-type]
    shape = case.output_shape
    assert (shape if op == "convolve" else shape[2:]) == extents


@pytest.mark.parametrize(
    ("op", "given", "words"),
    [
        ("conv2d", {"input": "7x7"}, "conv2d needs --kernel, as in --kernel 3x3"),
        ("conv2d", {"input": "7x7x7", "kernel": "3"}, "--input must be one number or 2, as in 7x7"),
        ("conv2d", {"input": "big", "kernel": "3"}, "--input reads as numbers joined by x"),
        ("conv2d", {"input": "7", "kernel": "3", "mode": "same"}, "conv2d has no --mode"),
        ("relu", {"input": "7", "kernel": "3"}, "relu has no --kernel"),
        ("conv2d", {"input": "7", "kernel": "3", "stride": "0"}, "stride must be >= 1 on every axis"),
        ("conv2d", {"input": "7", "kernel": "3", "padding": "a.b"}, "--padding reads pairs as lo.hi_lo.hi"),
        ("conv2d", {"input": "7", "kernel": "3", "padding": "full"}, "padding must be one of"),
        ("adaptive_avg_pool1d", {"input": "7"}, "adaptive_avg_pool1d needs --output-size"),
        ("conv4d", {"input": "7", "kernel": "3"}, "no operation is called 'conv4d'; do you mean conv"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(op: str, given: dict[str, object], words: str) -> None:
    with pytest.raises(CnnspecError, match=words):
        geometry(op, **given)  # type: ignore[arg-type]


def test_same_extents_are_remarked() -> None:
    assert same_words(geometry("conv2d", input="7", kernel="3", padding="1")) == "the extents of same padding, ⌈n / s⌉"
    assert same_words(geometry("conv2d", input="7", kernel="3")) == ""


def test_a_case_error_names_its_part() -> None:
    from cnnspec.cases.case import Case

    with pytest.raises(CaseError, match="no operation is called"):
        Case.parse("conv4d:x=1")
