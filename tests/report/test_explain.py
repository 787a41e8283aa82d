"""The explanation of one element, as a person reads it."""

from __future__ import annotations

import pytest

from cnnspec.cases.case import Case
from cnnspec.report.explain import MOST_TERMS, SAYS, explain, first_element, inputs, worked
from cnnspec.report.makers import MAKERS

PADDED = """
y[0,0,0,1]: inputs of the window times weights, summed; the kernel is not
  flipped

x[0,0]                    w[0,0], the kernel
      0    1    2    3
-1    ·   (·)  (·)   ·    1  2
 0    1   [2]  [3]   4    3  4
 1    5    6    7    8
 2    9   10   11   12

[ ] read   ( ) a tap on padding

y[0,0,0,1] =
    x[0,0,0,1] · w[0,0,1,0]   2·3 =  6
    x[0,0,0,2] · w[0,0,1,1]   3·4 = 12
    b[0]                          =  1
    sum                           = 19    got 9
    (2 taps of 4 on padding: nothing is added)
"""


def text(case: str, *at: int, got: object = None) -> str:
    return "\n".join(explain(Case.parse(case), at, got=got))


def test_a_convolution_with_padding_in_full() -> None:
    shown = text("conv2d:x=1x1x3x4,w=1x1x2x2,b,padding=1.0_0.0,f64,iota", 0, 0, 0, 1, got=9)
    assert shown == PADDED.strip()


@pytest.mark.parametrize(
    ("case", "at", "line"),
    [
        ("max_pool1d:x=1x1x4,kernel_size=3,padding=1.1,f64,data.x=-5_-2_-3_-4", (0, 0, 0),
         "max(-5, -2) = -2, which is x[0,0,1]"),
        ("max_pool2d_with_indices:x=1x1x3x4,kernel_size=2x2,stride=1x2,f64,iota", (0, 0, 1, 1),
         "index 2·4 + 3 = 11 in the plane of 3×4"),
        ("avg_pool1d:x=1x1x5,kernel_size=3,padding=1.1,f64,iota", (0, 0, 0),
         "(1 + 2) / 3 = 1    divided by 2 real taps + 1 padding"),
        ("avg_pool1d:x=1x1x5,kernel_size=3,padding=1.1,count_include_pad=0,f64,iota", (0, 0, 0),
         "(1 + 2) / 2 = 1.5    divided by 2 real taps"),
        ("lp_pool1d:x=1x1x2,kernel_size=2,f64,data.x=3_-4", (0, 0, 0),
         "(|3|^2 + |-4|^2)^(1/2) = 5"),
        ("adaptive_avg_pool1d:x=1x1x5,output_size=3,f64,iota", (0, 0, 1),
         "(2 + 3 + 4) / 3 = 3"),
        ("global_max_pool:x=1x2x3,f64,iota", (0, 1, 0),
         "max(4, 5, 6) = 6"),
        ("pad:x=1x1x3,padding=2.0,mode=reflect,f64,iota", (0, 0, 0),
         "axis 0: position 0 - 2 = -2, reflect reads 2"),
        ("pad:x=1x1x3,padding=2.0,value=7,f64,iota", (0, 0, 0),
         "the constant = 7"),
        ("relu:x=1x1x2,f64,data.x=-3_4", (0, 0, 0),
         "x[0,0,0] = -3, not positive: 0"),
        ("relu:x=1x1x2,f64,data.x=nan_4", (0, 0, 0),
         "x[0,0,0] = NaN, NaN stays NaN: NaN"),
        ("convolve:x=3,k=2,f64,iota", (1,),
         "x[1] · k[0]   2·1 = 2"),
        ("cross_correlate:x=3,k=2,f64,iota", (1,),
         "x[0] · k[0]   1·1 = 1"),
        ("conv_transpose1d:x=1x1x2,w=1x1x3,stride=2,f64,iota", (0, 0, 2),
         "x[0,0,0] · w[0,0,2]   1·3 = 3"),
        ("conv1d_input_grad:x=1x1x4,w=1x1x2,f64,iota", (0, 0, 1),
         "grad_output[0,0,0] · w[0,0,1]   1·2 = 2"),
        ("conv1d_weight_grad:x=1x1x3,w=1x1x2,f64,iota", (0, 0, 1),
         "grad_output[0,0,1] · x[0,0,2]   2·3 = 6"),
        ("max_pool1d_input_grad:x=1x1x3,kernel_size=2,stride=1,f64,iota", (0, 0, 0),
         "an empty sum = 0"),
        ("avg_pool1d_input_grad:x=1x1x4,kernel_size=2,f64,iota", (0, 0, 2),
         "grad_output[0,0,1]   2·1/2 = 1"),
    ],
)  # fmt: skip
def test_the_sum_of_each_operation(case: str, at: tuple[int, ...], line: str) -> None:
    assert line in text(case, *at)


def test_every_operation_is_said_in_words() -> None:
    assert set(SAYS) >= set(MAKERS)


def test_overhang_is_neither_padding_nor_read() -> None:
    shown = text("max_pool1d:x=1x1x6,kernel_size=3,stride=3,padding=1.0,ceil_mode=1,f64,iota", 0, 0, 2)
    assert "[6]" in shown
    assert "{·}  {·}" in shown
    assert "(2 taps beyond the padding: left out)" in shown


def test_three_axes_are_drawn_plane_by_plane() -> None:
    shown = text("conv3d:x=1x1x3x2x4,w=1x1x2x1x2,f64,iota", 0, 0, 1, 1, 0)
    assert [line for line in shown.splitlines() if line.startswith("x[")] == ["x[0,0,1]", "x[0,0,2]"]
    assert "[13] [14]" in shown


def test_long_sums_go_by_channel_and_leave_their_middle_out() -> None:
    lines = worked(Case.parse("conv2d:x=1x2x9x9,w=1x2x7x7,f64,ones"), (0, 0, 0, 0))
    assert any(line.lstrip().startswith("channel 0  1·1 + 1·1") for line in lines)
    assert any(f"… {49 - MOST_TERMS} more …" in line for line in lines)
    assert lines[-1] == "    sum = 98"
    assert max(map(len, lines)) <= 76


def test_many_channels_leave_their_middle_out() -> None:
    lines = worked(Case.parse("conv1d:x=1x65x1,w=1x65x1,f32,ones"), (0, 0, 0))
    assert len(lines) == 18
    assert lines[13].split(maxsplit=1) == ["...", "50 more, which the sum below counts"]
    assert lines[14].startswith("    channel 62 ")
    assert lines[-1] == "    sum = 65"


@pytest.mark.parametrize(
    "case", ["conv2d:x=1x1x90x90,w=1x1x3x3,f64,real", "max_pool1d:x=1x1x200,kernel_size=5,f64,real"]
)
def test_a_large_plane_is_cut_around_the_window(case: str) -> None:
    parsed = Case.parse(case)
    at = tuple(n - 1 for n in parsed.output_shape)
    lines = explain(parsed, at)
    assert max(map(len, lines)) <= 80
    assert len(lines) < 40
    assert any("[" in line and "]" in line for line in lines[3:10])


@pytest.mark.parametrize("op", ["conv2d", "conv_transpose2d", "max_pool3d", "avg_pool1d", "conv2d_weight_grad", "pad"])
def test_explanations_keep_to_the_width(op: str, drawn) -> None:
    for case in drawn(op, 12):
        if 0 not in case.output_shape:
            assert max(map(len, explain(case, first_element(case)))) <= 80, str(case)


def test_the_element_to_begin_with_has_a_whole_window() -> None:
    assert first_element(Case.parse("conv1d:x=1x1x5,w=1x1x3,padding=1.1,f64")) == (0, 0, 1)


def test_inputs_are_written_out_where_they_are_small() -> None:
    assert inputs(Case.parse("conv1d:x=1x1x3,w=1x1x2,f64,iota")) == ["x = [[[1, 2, 3]]]", "w = [[[1, 2]]]"]
    assert inputs(Case.parse("relu:x=3x5x40,f32")) == ["x: 3×5×40 float32"]
