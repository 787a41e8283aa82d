"""Code as students write it: right files conform, and each of the usual mistakes is found, made small and named."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest

from cnnspec.cases.arrays import make_arrays
from cnnspec.harness.session import run
from cnnspec.harness.verdicts import Finding

FOLDER = Path(__file__).parent / "students"

MISTAKES = [
    ("layers.py", "window * w[f]", "window * w[f, :, ::-1, ::-1]", "CORR-1", "kernel_flipped"),
    ("layers.py", "window * w[f]", "window * w[f].swapaxes(1, 2) if KH == KW else window * w[f]", "CORR-1", None),
    ("layers.py", "+= b[f]", "+= b[j % F]", "CORR-1", None),
    ("layers.py", "+= b[f]", "+= b[0]", "CORR-1", None),
    ("layers.py", "constant_values=-np.inf", "constant_values=0", "POOL-1", "max_padding_is_zero"),
    ("layers.py", "np.maximum(x, 0)", "np.abs(x)", "RELU-1", None),
    ("general.py", "(sh, sw), ((top", "(sw, sh), ((top", "SHAPE-3", "stride_axes_swapped"),
    ("general.py", "((top, bottom), (left, right)) = s", "((bottom, top), (right, left)) = s", "CORR-1", None),
    ("general.py", "math.floor((h", "math.ceil((h", "SHAPE-3", None),
    ("general.py", "b[:, None, None]", "b[: y.shape[3]] if b.size >= y.shape[3] else 0", "CORR-1", None),
    ("general.py", "kh * kw if count_include_pad else", "kh * kw if True else", "POOL-3", None),
    ("general.py", "(window * w)", "(window * w[:, :1])", "CORR-1", None),
]  # fmt: skip


def findings(path: Path) -> list[Finding]:
    return run(str(path), cases=80, isolate="none").findings


@pytest.mark.parametrize("name", ["layers.py", "general.py"])
def test_a_right_file_conforms(name: str) -> None:
    result = run(str(FOLDER / name))
    assert [f.failure.message for f in result.findings] == []
    assert result.exit_code == 0


@pytest.mark.parametrize(("name", "right", "wrong", "law", "mutant"), MISTAKES, ids=[row[2] for row in MISTAKES])
def test_a_mistake_is_found(name: str, right: str, wrong: str, law: str, mutant: str | None, tmp_path: Path) -> None:
    source = (FOLDER / name).read_text()
    assert right in source
    (tmp_path / name).write_text(source.replace(right, wrong))
    found = findings(tmp_path / name)
    assert law in {f.law for f in found} | {other for f in found for other in f.also}, [
        (f.law, str(f.case)) for f in found
    ]
    smallest = min(sum(prod(a.shape) for a in make_arrays(f.case).values()) for f in found)
    assert smallest <= 12, [str(f.case) for f in found]
    if mutant:
        assert mutant in {like[0] for f in found for like in f.looks_like}


CORRECT = {
    "conv2d": "capitals columns windows strided by_position stride_alone padding_in_words nested_lists with_cache"
    " single_precision in_its_own_dtype one_plane one_image channels_last",
    "conv_transpose2d": "shared_sums",
    "max_pool2d": "largest",
    "avg_pool2d": "tiles",
    "relu": "where masked half_of_the_sum one_number",
}


@pytest.mark.parametrize(("op", "name"), [(op, name) for op, names in CORRECT.items() for name in names.split()])
def test_every_style_conforms(op: str, name: str) -> None:
    result = run(f"{FOLDER / 'styles.py'}:{name}?op={op}", cases=40, isolate="none")
    assert [(f.law, f.failure.message, str(f.case)) for f in result.findings] == []
    assert result.exit_code == 0
    assert result.notes or op == "relu"


IN_STYLES = [
    ("columns", "conv2d", ".transpose(0, 3, 1, 2)", ".reshape(n, f, oh, ow)", "CORR-1"),
    ("columns", "conv2d", "i : i + strides * oh : strides", "i : i + oh", "CORR-1"),
    ("capitals", "conv2d", "S * j : S * j + KW", "j : j + KW", "CORR-1"),
    ("capitals", "conv2d", "+ 2 * P - KH) // S + 1", "- KH) // S + 1", "SHAPE-3"),
    ("capitals", "conv2d", "for i in range(Y.shape[2])", "for i in range(Y.shape[2] - 1)", "CORR-1"),
    ("windows", "conv2d", "::dh, ::dw", "::dw, ::dh", "CALL-1"),
    ("windows", "conv2d", "np.split(seen, groups, axis=1)", "[seen[:, : w.shape[1]]] * groups", "CORR-1"),
    ("one_plane", "conv2d", "image[i : i + kh, j : j + kw] * kernel", "image[i : i + kh, j : j + kw] * kernel[::-1]",
     "CORR-1"),
    ("channels_last", "conv2d", "j * stride : j * stride + kw", "j : j + kw", "CORR-1"),
    ("shared_sums", "conv_transpose2d", "+= np.einsum", "= np.einsum", "TRANS-1"),
    ("shared_sums", "conv_transpose2d", "padding : y.shape[2] - padding", "padding : -padding", "SHAPE-3"),
    ("largest", "max_pool2d", "best = -np.inf", "best = 0", "POOL-1"),
    ("largest", "max_pool2d", "x[n, c, i * stride + p, j", "x[n, c, i * f + p, j", "POOL-1"),
    ("tiles", "avg_pool2d", ".mean((3, 5))", ".sum((3, 5)) // (pool_size[0] * pool_size[1])", "POOL-3"),
    ("masked", "relu", "return x * (x > 0)", "x[x < 0] = 0\n    return x", "PURE-1"),
    ("where", "relu", "np.where(x > 0, x, 0)", "np.where(x > 0, x, 0.01 * x)", "RELU-1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "op", "right", "wrong", "law"), IN_STYLES, ids=[row[3] for row in IN_STYLES])
def test_a_mistake_is_found_in_every_style(
    name: str, op: str, right: str, wrong: str, law: str, tmp_path: Path
) -> None:
    source = (FOLDER / "styles.py").read_text()
    before, start, body = source.partition(f"def {name}(")
    body, end, after = body.partition("\n\n\ndef ")
    assert right in body
    (tmp_path / "styles.py").write_text(before + start + body.replace(right, wrong) + end + after)
    result = run(f"{tmp_path / 'styles.py'}:{name}?op={op}", cases=60, isolate="none")
    assert result.exit_code == 1
    assert law in {f.law for f in result.findings} | {other for f in result.findings for other in f.also}
    smallest = min(sum(prod(a.shape) for a in make_arrays(f.case).values()) for f in result.findings)
    assert smallest <= 12, [str(f.case) for f in result.findings]
