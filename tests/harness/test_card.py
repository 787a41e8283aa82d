"""Each way of computing is told from the others, by what it does and not by what it says."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.fft

from cnnspec.harness.card import detected_dialects, precision_card, precision_cards
from cnnspec.harness.target import InlineTarget
from cnnspec.implementation import Claims
from cnnspec.numerics import winograd
from cnnspec.numerics.rounding import round_to
from cnnspec.numerics.simulated import conv


def simulated(*, fused: bool = False, **numerics: str):
    def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
        return conv(
            x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups, numerics=numerics, fused=fused
        )

    return conv2d


def by_fft(x, w, b=None, *, padding=((0, 0), (0, 0))):
    xp = np.pad(x, ((0, 0), (0, 0), *padding))
    sizes = [scipy.fft.next_fast_len(n + k - 1, real=True) for n, k in zip(xp.shape[2:], w.shape[2:], strict=True)]
    spectra = scipy.fft.rfftn(xp, sizes, axes=(2, 3)), scipy.fft.rfftn(w, sizes, axes=(2, 3)).conj()
    y = scipy.fft.irfftn(np.einsum("ncij,ocij->noij", *spectra), sizes, axes=(2, 3))
    extents = [n - k + 1 for n, k in zip(xp.shape[2:], w.shape[2:], strict=True)]
    return y[:, :, : extents[0], : extents[1]].astype(x.dtype)


def by_winograd(m: int, operands: str = "float32"):
    def conv2d(x, w, b=None, *, padding=((0, 0), (0, 0))):
        if w.shape[2:] != (3, 3):
            return conv(x, w, b, padding=padding)
        x, w = (round_to(a, operands).astype(x.dtype) for a in (x, w))
        return winograd.correlate(x, w, m, pads=padding, dtype=np.float32)

    return conv2d


def by_strassen(x, w, b=None, *, padding=((0, 0), (0, 0))):
    """Two halves of the channels by three products, as Karatsuba and Strassen save one: (a + b)(c - d) - ac + bd."""
    c = x.shape[1] // 2
    if x.shape[1] % 2:
        return conv(x, w, b, padding=padding)
    a, z, c1, c2 = x[:, :c], x[:, c:], w[:, :c], w[:, c:]
    both = [conv(np.float32(a + z), np.float32(c1 + c2)), conv(a, c2), conv(z, c1)]
    return (both[0] - both[1] - both[2]).astype(np.float32)


def card_of(function, dtype: str = "float32", **numerics: str):
    target = InlineTarget({"conv2d": function})
    claim = replace(target.claims.operations["conv2d"], dtypes=(dtype,), numerics=numerics)
    target.claims = Claims({"conv2d": claim})
    return precision_card(target, "conv2d", dtype)


def test_the_reference() -> None:
    card = precision_card(InlineTarget("reference"))
    assert (card["algorithm"], card["operands"]["bits"], card["accumulator"]["bits"]) == ("direct", 24, 53)
    assert card["contradictions"] == []
    assert card["words"] == (
        "conv2d in float32: sums are formed directly; operands keep 24 bits (float32); sums keep 53 (float64, rounded"
        " to nearest); subnormal numbers are kept; the same call gives the same bits; a sample gives the same bits"
        " alone and in a batch."
    )
    assert json.loads(json.dumps(card)) == card


@pytest.mark.parametrize(
    ("numerics", "operands", "sums"),
    [
        ({}, ("float32", "nearest"), (24, "nearest")),
        ({"depth": "pairwise"}, ("float32", "nearest"), (24, "nearest")),
        ({"operands": "tf32"}, ("tf32", "nearest"), (24, "nearest")),
        ({"operands": "bfloat16"}, ("bfloat16", "nearest"), (24, "nearest")),
        ({"operands": "float16"}, ("float16", "nearest"), (24, "nearest")),
        ({"accumulator": "float64"}, ("float32", "nearest"), (53, "nearest")),
        ({"accumulator": "float64", "operands": "tf32"}, ("tf32", "nearest"), (53, "nearest")),
        ({"rounding": "truncate"}, ("float32", "nearest"), (24, "truncate")),
        ({"rounding": "truncate", "operands": "tf32"}, ("tf32", "truncate"), (24, "truncate")),
    ],
)
def test_direct_sums_in_float32(numerics, operands, sums) -> None:
    card = card_of(simulated(**numerics))
    assert card["algorithm"] == "direct"
    assert (card["operands"]["format"], card["operands"]["rounding"]) == operands
    assert (card["accumulator"]["bits"], card["accumulator"]["rounding"]) == sums
    assert bool(card["contradictions"]) == (operands != ("float32", "nearest") or sums[1] != "nearest")
    assert detected_dialects([card]) == {}


@pytest.mark.parametrize(("name", "bits"), [("float16", 11), ("bfloat16", 8)])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_narrow_accumulators(name: str, bits: int, dtype: str) -> None:
    card = card_of(simulated(accumulator=name), dtype)
    assert (card["algorithm"], card["accumulator"]["bits"], card["accumulator"]["format"]) == ("direct", bits, name)
    assert f"sums keep {bits} bits where 24 (float32) are declared" in card["contradictions"]
    assert not any(c.startswith("operands keep") for c in card["contradictions"])  # not told apart, and not said


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_16_bits_with_float32_sums(dtype: str) -> None:
    for fused in (False, True):
        card = card_of(simulated(fused=fused), dtype)
        assert (card["operands"]["format"], card["accumulator"]["bits"], card["contradictions"]) == (dtype, 24, [])
    cut = card_of(simulated(rounding="truncate"), dtype)
    assert (cut["accumulator"]["rounding"], cut["result"]["rounding"]) == ("truncate", "truncate")


def test_float64_that_is_float32_inside() -> None:
    def conv2d(x, w, b=None):
        return conv(x.astype(np.float32), w.astype(np.float32)).astype(np.float64)

    card = card_of(conv2d, "float64")
    assert (card["operands"]["bits"], card["accumulator"]["bits"]) == (24, 24)
    fine = card_of(simulated(), "float64")
    assert (fine["operands"]["bits"], fine["accumulator"]["bits"], fine["contradictions"]) == (53, 53, [])


def test_only_the_weights_are_rounded() -> None:
    def conv2d(x, w, b=None):
        return conv(x, round_to(w, "bfloat16").astype(np.float32))

    operands = card_of(conv2d)["operands"]
    assert (operands["data_bits"], operands["weight_bits"], operands["bits"]) == (24, 8, 8)


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (by_fft, "fft"),
        (by_winograd(2), "winograd:2"),
        (by_winograd(4), "winograd:4"),
        (by_winograd(6), "winograd:6"),
        (by_strassen, "mixes channels"),
    ],
)
def test_transforms_are_named_and_not_called_wrong(function, found: str) -> None:
    card = card_of(function)
    assert card["algorithm"] == found
    assert card["operands"]["bits"] is None
    assert card["operands"]["format"] == "float32"
    assert card["contradictions"] == []
    assert "num.algorithm = transform" in card["words"]
    assert detected_dialects([card]) == {"num.algorithm": "transform"}


@pytest.mark.parametrize("m", [2, 4])
@pytest.mark.parametrize(("name", "bits"), [("tf32", 11), ("bfloat16", 8)])
def test_low_precision_does_not_hide_behind_a_transform(m: int, name: str, bits: int) -> None:
    card = card_of(by_winograd(m, name))
    assert card["algorithm"] == f"winograd:{m}"
    assert card["operands"]["bits"] == bits
    assert any(c.startswith(f"operands keep {bits} bits") for c in card["contradictions"])


def test_a_declaration_is_tested() -> None:
    assert card_of(by_fft)["contradictions"] == []
    assert card_of(by_fft, algorithm="direct")["contradictions"] == ["the algorithm is fft where direct is declared"]
    for numerics in ({"operands": "tf32"}, {"accumulator": "bfloat16"}, {"rounding": "truncate"}, {"ftz": "yes"}):
        assert card_of(simulated(**numerics))["contradictions"]
        assert card_of(simulated(**numerics), **numerics)["contradictions"] == []
        assert card_of(simulated(), **numerics)["contradictions"] == []


def test_flushing() -> None:
    assert card_of(simulated())["ftz"] == "no"
    card = card_of(simulated(ftz="yes"))
    assert card["ftz"] == "yes"
    assert card["contradictions"] == ["subnormal numbers are taken as zero, which is not declared"]

    def operands_alone(x, w, b=None):
        return conv(round_to(x, "float32", flush=True).astype(np.float32), w)

    assert card_of(operands_alone)["ftz"] == "operands"


def test_repeats_and_batches() -> None:
    rng = np.random.default_rng(0)

    def shuffled(x, w, b=None):
        order = rng.permutation(x.shape[1])
        return conv(x[:, order], w[:, order])

    def by_batch(x, w, b=None):
        return conv(x, w, numerics={"depth": "pairwise" if len(x) > 1 else "any"})

    card = card_of(shuffled)
    assert card["deterministic"] is False
    assert "the same call gives other bits" in card["contradictions"]
    card = card_of(by_batch)
    assert (card["deterministic"], card["batch_invariant"], card["contradictions"]) == (True, False, [])
    assert "does not give the same bits alone and in a batch" in card["words"]


def test_what_is_not_told_is_said() -> None:
    """A function of single planes without padding leaves the precision of its operands in the dark."""

    def conv2d(image, kernel):
        rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
        y = np.zeros((rows, columns))
        for i, j in np.ndindex(rows, columns):
            y[i, j] = np.sum(image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel)
        return y

    card = precision_card(InlineTarget(conv2d), "conv2d", "float64")
    assert card["operands"]["effective_bits"] is None
    assert "how precisely operands are kept is not told" in card["words"]


def test_sums_less_precise_than_chance_allows() -> None:
    """Noise in the last bits that no single experiment is made for."""

    def conv2d(x, w, b=None):
        y = conv(x, w)
        return (
            y
            if min(len(np.unique(x)), len(np.unique(w))) < 10
            else (y * (1 + 1e-5 * np.sin(np.arange(y.size)).reshape(y.shape))).astype(np.float32)
        )

    card = card_of(conv2d)
    assert card["contradictions"] == ["sums of random data are less precise than independent roundings in float32"]


def test_what_is_wrong_is_not_measured() -> None:
    def flipped(x, w, b=None):
        return conv(x, w[:, :, ::-1])

    card = card_of(flipped)
    assert "copies" in " ".join(card["notes"])

    def refusing(x, w, b=None):
        if len(x) > 2:
            raise ValueError("no more than two samples")
        return conv(x, w)

    card = card_of(refusing)
    assert card["algorithm"] is None
    assert "not measured (the call did not return: ValueError: no more than two samples" in card["words"]
    assert precision_card(InlineTarget("reference"), "relu") == {}
    assert precision_card(InlineTarget("reference"), "conv2d", "int8") == {}


def test_cards_of_every_rank_and_dtype() -> None:
    cards = precision_cards(InlineTarget("reference"))
    assert len(cards) == 12
    assert {card["algorithm"] for card in cards.values()} == {"direct"}
    assert all(card["contradictions"] == [] for card in cards.values())


def test_torch_on_the_cpu() -> None:
    pytest.importorskip("torch")
    cards = precision_cards(InlineTarget("torch"))
    assert {name: card["accumulator"]["bits"] for name, card in cards.items() if name.startswith("conv2d")} == {
        "conv2d float64": 53, "conv2d float32": 24, "conv2d float16": 24, "conv2d bfloat16": 24,
    }  # fmt: skip
    assert all(card["algorithm"] == "direct" and card["deterministic"] for card in cards.values())
