"""The assignment's layers: right ones conform, each usual mistake breaks the law that speaks of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnspec import adapters
from cnnspec.adapters.cs231n import implementation
from cnnspec.errors import TargetError, Unsupported
from cnnspec.harness import session

ASSIGNMENT = Path(__file__).with_name("assignment.py")
EVERY = [
    *("conv2d", "conv2d_input_grad", "conv2d_weight_grad", "conv_bias_grad"),
    *("max_pool2d", "max_pool2d_input_grad", "relu", "relu_input_grad"),
]


def written(folder: Path, *changes: tuple[str, str]) -> str:
    """The assignment with pieces of its text replaced, as a target."""
    text = ASSIGNMENT.read_text("utf-8")
    for right, wrong in changes:
        assert right in text
        text = text.replace(right, wrong)
    (folder / "layers.py").write_text(text, "utf-8")
    return f"cs231n:{folder / 'layers.py'}"


def without(name: str) -> tuple[str, str]:
    """The change that takes a function away."""
    return f"def {name}(", f"def _{name}("


def test_a_right_solution_conforms(tmp_path: Path) -> None:
    result = session.run(written(tmp_path), effort="quick")
    assert (result.exit_code, result.findings) == (0, [])
    assert list(result.claims.operations) == EVERY
    for op in EVERY:
        assert sum(tally.checked for (name, _), tally in result.tallies.items() if name == op) > 20, op


FAULTS = {
    "kernel flipped": (
        [("np.sum(window * w[f])", "np.sum(window * w[f][:, ::-1, ::-1])")], "conv2d", "CORR-1", "flip",
    ),
    "one pad for rows alone": ([("(pad, pad), (pad, pad)))\n    out", "(pad, pad), (0, 0)))\n    out")],
                               "conv2d", "CALL-1", ""),
    "bias forgotten": ([("* w[f]) + b[f]", "* w[f])")], "conv2d", "CORR-1", "bias"),
    "bias of the first filter": ([("+ b[f]", "+ b[0]")], "conv2d", "CORR-1", "bias"),
    "first channel alone": ([("np.sum(window * w[f])", "np.sum(window[0] * w[f][0])")], "conv2d", "CORR-1", "channel"),
    "no stride in the window": (
        [("x_pad[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]\n                    out",
          "x_pad[n, :, i : i + HH, j : j + WW]\n                    out")], "conv2d", "CORR-1", "stride",
    ),
    "output without pad": ([("H_out = 1 + (H + 2 * pad - HH) // stride", "H_out = 1 + (H - HH) // stride")],
                           "conv2d", "SHAPE-3", ""),
    "dx = instead of +=": ([("columns] += w[f]", "columns] = w[f]")], "conv2d_input_grad", "GRAD-1", ""),
    "dx not cropped": ([("dx_pad[:, :, pad : pad + H, pad : pad + W]", "dx_pad")], "conv2d_input_grad", "SHAPE-3", ""),
    "dw = instead of +=": ([("dw[f] += ", "dw[f] = ")], "conv2d_weight_grad", "GRAD-2", ""),
    "dw of the unpadded x": (
        [("dw[f] += x_pad[", "x_end = np.pad(x, ((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad)))\n"
          + " " * 20 + "dw[f] += x_end[")], "conv2d_weight_grad", "GRAD-2", "",
    ),
    "db of the first sample": ([("np.sum(dout, axis=(0, 2, 3))", "np.sum(dout[0], axis=(1, 2))")],
                               "conv_bias_grad", "GRAD-10", ""),
    "db averaged": ([("np.sum(dout, axis=(0, 2, 3))", "np.mean(dout, axis=0).sum(axis=(1, 2))")],
                    "conv_bias_grad", "GRAD-10", ""),
    "dout passes at 0": ([("dout * (x > 0)", "dout * (x >= 0)")], "relu_input_grad", "RELU-7", ""),
    "dout masked by itself": ([("dout * (x > 0)", "np.maximum(0, dout)")], "relu_input_grad", "RELU-7", ""),
    "maximum over all channels": ([("np.max(window, axis=(2, 3))", "np.max(window, axis=(1, 2, 3))[:, None]")],
                                  "max_pool2d", "POOL-1", ""),
    "width for both": ([("i * stride : i * stride + height, j * stride : j * stride + width]\n            out",
                         "i * stride : i * stride + width, j * stride : j * stride + width]\n            out")],
                       "max_pool2d", "POOL-1", ""),
    "pool dx = instead of +=": ([("+ v] += dout", "+ v] = dout")], "max_pool2d_input_grad", "GRAD-4", ""),
    "gradient to every tie": (
        [("u, v = np.unravel_index(np.argmax(window), window.shape)", "mask = window == np.max(window)"),
         ("dx[n, c, i * stride + u, j * stride + v] += dout[n, c, i, j]",
          "dx[n, c, i * stride : i * stride + height, j * stride : j * stride + width] += mask * dout[n, c, i, j]")],
        "max_pool2d_input_grad", "GRAD-4", "",
    ),
    "leaky": ([("np.maximum(0, x)", "np.where(x > 0, x, 0.01 * x)")], "relu", "RELU-1", ""),
    "in place": ([("np.maximum(0, x)", "np.maximum(0, x, out=x)")], "relu", "PURE-1", ""),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_usual_mistake_breaks_the_law_that_speaks_of_it(fault: str, tmp_path: Path) -> None:
    changes, op, law, looks = FAULTS[fault]
    result = session.run(written(tmp_path, *changes), operations=(op,), effort="quick")
    assert {finding.op for finding in result.findings} == {op}, result.findings
    laws = {name for finding in result.findings for name in (finding.law, *finding.also)}
    assert law in laws
    if looks:
        names = [name for finding in result.findings for name, _, _ in finding.looks_like]
        assert any(looks in name for name in names), names


# -------------------------------------------------------------------------------------------------------------- claims


def test_what_is_claimed(tmp_path: Path) -> None:
    loaded = adapters.load(written(tmp_path))
    claims = loaded.claims.operations
    conv, pool = claims["conv2d"], claims["max_pool2d"]
    assert (conv.options, conv.padding, conv.bias, conv.uniform) == (
        ("stride", "padding"),
        "symmetric",
        "required",
        True,
    )
    assert (pool.options, pool.padding, pool.uniform) == (("kernel_size", "stride"), "none", False)
    assert conv.dtypes == pool.dtypes == ("float64",)
    assert claims["relu"].dtypes == claims["conv2d_input_grad"].dtypes == ("float64", "float32")
    assert any("float64 alone, since float32 gives float64" in note for note in loaded.notes)


def test_what_the_assignment_cannot_say_is_not_handed_over(tmp_path: Path) -> None:
    loaded = adapters.load(written(tmp_path))
    x, w = np.ones((1, 1, 5, 6)), np.ones((1, 1, 2, 2))
    with pytest.raises(Unsupported, match="stride is one int for all axes here"):
        loaded.functions["conv2d"](x, w, np.ones(1), stride=(1, 2), padding=((0, 0), (0, 0)))
    with pytest.raises(Unsupported, match="padding is the same on both sides here"):
        loaded.functions["conv2d"](x, w, np.ones(1), stride=(1, 1), padding=((0, 1), (0, 1)))


def test_a_remainder_is_cut_off_before_a_pooling(tmp_path: Path) -> None:
    check = "    assert (H - height) % stride == (W - width) % stride == 0\n    H_out = 1 + (H - height) // stride"
    target = written(tmp_path, ("    H_out = 1 + (H - height) // stride", check))
    result = session.run(target, operations=("max_pool2d", "max_pool2d_input_grad"), effort="quick")
    assert (result.exit_code, result.findings) == (0, [])


def test_a_convolution_that_wants_no_remainder(tmp_path: Path) -> None:
    """As the fast layers of the assignment do."""
    right = "    H_out = 1 + (H + 2 * pad - HH) // stride"
    check = "    assert (H + 2 * pad - HH) % stride == (W + 2 * pad - WW) % stride == 0\n"
    target = written(tmp_path, (right, check + right), ("conv_forward_naive", "conv_forward_fast"))
    loaded = adapters.load(target)
    note = "conv_forward_fast raises where the stride does not divide the extent: not claimed (detected)"
    assert note in loaded.notes
    result = session.run(target, operations=("conv2d",), effort="quick")
    assert (result.exit_code, result.findings) == (0, [])


# ------------------------------------------------------------------------------------------------------ what is there


def test_other_variants(tmp_path: Path) -> None:
    text = ASSIGNMENT.read_text("utf-8")
    fast = text.replace("_naive", "_fast").replace("np.sum(window * w[f])", "np.sum(window)")
    (tmp_path / "layers.py").write_text(f"{text}\n{fast.partition('import numpy as np')[2]}")
    target = f"cs231n:{tmp_path / 'layers.py'}"
    note = "conv_forward_naive is checked, and not conv_forward_fast: choose with ?variant="
    assert note in adapters.load(target).notes
    assert session.run(target, operations=("conv2d",), cases=12).findings == []
    assert session.run(f"{target}?variant=fast", operations=("conv2d",), cases=12).findings != []
    with pytest.raises(TargetError, match="variant must be one of naive, fast, im2col, strides, reshape; got 'slow'"):
        adapters.load(f"{target}?variant=slow")


def test_a_part_of_the_assignment(tmp_path: Path) -> None:
    names = ("conv_backward_naive", "max_pool_forward_naive", "relu_forward")
    assert list(adapters.load(written(tmp_path, *map(without, names))).functions) == ["conv2d"]
    assert list(adapters.load(f"{written(tmp_path)}?op=max_pool2d").functions) == ["max_pool2d"]


def test_an_exercise_that_is_not_done_yet(tmp_path: Path) -> None:
    """As it is handed out: ``out = None``, and ``dx = None``."""
    forward = ("    cache = (x, pool_param)\n", "    out, cache = None, (x, pool_param)\n")
    backward = ("    return dx, dw, db", "    return None, None, None")
    loaded = implementation(written(tmp_path, forward, backward).partition(":")[2])
    assert list(loaded.functions) == ["conv2d", "relu", "relu_input_grad"]
    assert "max_pool_forward_naive is not written yet, and not checked" in loaded.notes
    assert "conv_backward_naive is not written yet, and not checked" in loaded.notes


def test_a_file_without_the_functions(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("def affine_forward(x, w, b): ...")
    with pytest.raises(TargetError, match=r"has none of the functions of the assignments .* conv_forward_naive"):
        adapters.load(f"cs231n:{tmp_path / 'layers.py'}")
    with pytest.raises(TargetError, match="there is no file"):
        adapters.load(f"cs231n:{tmp_path / 'nowhere.py'}")


def test_a_result_that_is_no_pair(tmp_path: Path) -> None:
    result = session.run(written(tmp_path, ("    return out, cache\n\n\ndef conv_b", "    return out\n\n\ndef conv_b")),
                         operations=("conv2d",), cases=12)  # fmt: skip
    assert [finding.law for finding in result.findings] == ["CALL-1"]
    assert "ndarray from conv_forward_naive, where the pair (out, cache) is expected" in str(result.findings[0].failure)
