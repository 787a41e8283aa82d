"""Code of courses and first layer libraries: it is found under its own name, called in its own way, and conforms."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec import adapters
from cnnspec.harness.session import run

FOLDER = Path(__file__).parent / "students"
SOURCE = (FOLDER / "courses.py").read_text("utf-8")

RIGHT = [
    ("with_hyperparameters", "conv2d", ["hparameters is a dict with stride, pad", "the bias has the shape (1, 1, 1, O)",
                                        "the layout is NHWC, weights HWIO", "it returns 2 results"]),
    ("lists_of_lists", "conv2d", ["the layout is HW, weights HW", "it returns a list"]),
    ("filters_first", "conv2d", ["filters comes before image", "the layout is CHW"]),
    ("in_parts", "conv2d", ["stride_h, stride_w are the parts of stride; pad_h, pad_w are the parts of padding"]),
    ("pool_in_parts", "max_pool2d", ["poolHeight, poolWidth are the parts of kernel_size"]),
    ("same_or_valid", "conv2d", ["padding is a word, and 'valid' and, at stride 1, 'same' are checked"]),
    ("kernel_size_too", "conv2d", ["kernel_size is that of the weights"]),
    ("signals", "conv1d", ["the layout is L, weights L"]),
    ("flipped", "convolve", ["the mode is valid"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "op", "notes"), RIGHT, ids=[row[0] for row in RIGHT])
def test_a_function_of_a_course_is_understood_and_conforms(name: str, op: str, notes: list[str]) -> None:
    result = run(f"{FOLDER / 'courses.py'}:{name}?op={op}", cases=40, isolate="none")
    assert [(f.law, f.failure.message, str(f.case)) for f in result.findings] == []
    assert result.exit_code == 0
    for note in notes:
        assert any(note in said for said in result.notes), result.notes


def test_layers_and_names_are_found(tmp_path: Path) -> None:
    wanted = ("pool_in_parts", "in_parts", "pool_forward", "Convolution", "MaxPooling", "ReLULayer")
    source = "\n\n".join(
        part for part in SOURCE.split("\n\n\n") if part.split("(")[0].split(":")[0].split()[-1] in wanted
    )
    (tmp_path / "layers.py").write_text(f"import numpy as np\n\n\n{source}\n", "utf-8")
    loaded = adapters.load(str(tmp_path / "layers.py"))
    assert set(loaded.functions) == {"conv2d", "max_pool2d", "avg_pool2d", "relu"}
    assert "the class Convolution is taken as conv" in loaded.notes
    assert "the class ReLULayer is taken as relu" in loaded.notes
    assert "pool_forward is taken as max_pool2d and avg_pool2d" in loaded.notes
    result = run(str(tmp_path / "layers.py"), cases=30, isolate="none")
    assert [(f.law, f.failure.message, str(f.case)) for f in result.findings] == []


@pytest.mark.parametrize(("name", "op"), [("GivenWeights", "conv2d"), ("MaxPooling", "max_pool2d")])
def test_a_class_can_be_pointed_at(name: str, op: str) -> None:
    result = run(f"{FOLDER / 'courses.py'}:{name}?op={op}", cases=30, isolate="none")
    assert [(f.law, f.failure.message) for f in result.findings] == []


WRONG = [
    ("with_hyperparameters", "conv2d", "h * stride : h * stride + fh", "h : h + fh", "CORR-1"),
    ("with_hyperparameters", "conv2d", "+ 2 * pad) // stride", ") // stride", "SHAPE-3"),
    ("with_hyperparameters", "conv2d", "W[:, :, :, c], b", "W[::-1, ::-1, :, c], b", "CORR-1"),
    ("filters_first", "conv2d", "+ bias[o]", "", "CORR-1"),
    ("in_parts", "conv2d", "i * stride_h : i * stride_h + kh, j * stride_w : j * stride_w + kw",
     "i * stride_w : i * stride_w + kh, j * stride_h : j * stride_h + kw", "CORR-1"),
    ("same_or_valid", "conv2d", "((kh - 1) // 2, kh // 2)", "(kh // 2, (kh - 1) // 2)", "CORR-1"),
    ("flipped", "convolve", "np.flipud(np.fliplr(kernel))", "np.fliplr(kernel)", "CONV-1"),
    ("MaxPooling", "max_pool2d", "self.size, self.size, self.stride", "self.size, self.size, self.size", "SHAPE-3"),
    ("GivenWeights", "conv2d", "self.stride, self.stride, self.pad, self.pad",
     "self.stride, 1, self.pad, self.pad", "SHAPE-3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "op", "right", "wrong", "law"), WRONG, ids=[f"{row[0]}: {row[3]}" for row in WRONG])
def test_a_mistake_in_a_course_is_found(name: str, op: str, right: str, wrong: str, law: str, tmp_path: Path) -> None:
    start = SOURCE.index(f"{name}(" if name[0].islower() else f"class {name}")
    assert right in SOURCE[start:]
    (tmp_path / "courses.py").write_text(SOURCE[:start] + SOURCE[start:].replace(right, wrong, 1), "utf-8")
    result = run(f"{tmp_path / 'courses.py'}:{name}?op={op}", cases=240, isolate="none")
    assert result.exit_code == 1
    assert law in {f.law for f in result.findings} | {other for f in result.findings for other in f.also}
