"""The precision card: how a target computes its sums, measured and not believed.

For each operation and dtype the experiments of :mod:`cnnspec.laws.measure` run on several layers, since libraries
choose their algorithm by the layer, and the card states the least precise thing that was seen on any of them: the
algorithm, the bits that operands and sums keep, how they round, what becomes of subnormal numbers, and whether a result
depends on the call or on the batch.  What is measured is then held against what is declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnspec.implementation import Claims, OperationClaims
from cnnspec.laws.measure import benches
from cnnspec.laws.precision import contradictions, look, summary, surprises
from cnnspec.numerics.precision import ACCUMULATOR
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.harness.target import Target

MEASURED = ("conv",)
"""The operations that the experiments are made for."""

Asked: TypeAlias = tuple[str, str]
"""What one card is about: an operation and a dtype."""


def precision_card(target: Target, op: str = "conv2d", dtype: str = "float32") -> dict[str, Any]:
    """Measure how ``op`` of an opened target computes in ``dtype``.

    Parameters
    ----------
    target
        The target, as :func:`cnnspec.harness.target.open_target` gives it.
    op
        ``conv1d``, ``conv2d`` or ``conv3d``.
    dtype
        A floating-point dtype.

    Returns
    -------
    dict
        Plain data: ``algorithm``, ``operands``, ``accumulator``, ``result``, ``ftz``, ``deterministic``,
        ``batch_invariant``, ``contradictions`` to what is declared, ``words``, and ``layers`` with everything that was
        seen on each.  Empty where the operation or dtype is not claimed, or there is no experiment for it.

    Examples
    --------
    >>> from cnnspec.harness.target import open_target
    >>> card = precision_card(open_target("reference", isolate="none"))
    >>> card["algorithm"], card["operands"]["bits"], card["accumulator"]["format"]
    ('direct', 24, 'float64')
    """
    operation, rank = find(op)
    claim = target.claims.operations.get(op)
    if (
        claim is None
        or operation.name not in MEASURED
        or rank is None
        or dtype not in set(claim.dtypes) & set(ACCUMULATOR)
    ):
        return {}
    if dtype.startswith("complex"):
        return {}
    seen = [look(bench) for bench in benches(target, op, dtype, rank, bias=claim.bias == "required")]
    card = {"op": op, "dtype": dtype, **summary(seen, dtype)}
    broken = contradictions(card, dtype, claim.numerics)
    card["contradictions"] = broken + surprises(card, dtype, claim.numerics, sharp=not broken)
    card["words"] = _words(card)
    card["layers"] = [asdict(s) for s in seen]
    return card


def precision_cards(target: Target, claims: Claims | None = None) -> dict[str, Any]:
    """A card for every claimed convolution and floating-point dtype, by ``conv2d float32``."""
    asked = wanted_cards((claims or target.claims).operations)
    return by_name({one: precision_card(target, *one) for one in asked})


def wanted_cards(claims: Mapping[str, OperationClaims]) -> list[Asked]:
    """What there is to be measured of operations under their claims; of one rank, where each shape is compiled."""
    ops = sorted(
        (op for op in claims if find(op)[0].name in MEASURED), key=lambda op: (2, 1, 3).index(find(op)[1] or 2)
    )
    kept = ops[:1] if ops and claims[ops[0]].compiled else [op for op in claims if op in ops]
    return [(op, dtype) for op in kept for dtype in claims[op].dtypes if dtype in ACCUMULATOR]


def by_name(cards: Mapping[Asked, dict[str, Any]]) -> dict[str, Any]:
    """The cards that hold something, by ``conv2d float32``."""
    return {" ".join(asked): card for asked, card in cards.items() if card}


def detected_dialects(cards: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The dialects that cards show: ``num.algorithm = transform`` where sums mix neighbours or channels.

    Examples
    --------
    >>> detected_dialects([{"algorithm": "direct"}, {"algorithm": "winograd:4"}])
    {'num.algorithm': 'transform'}
    """
    algorithms = {card.get("algorithm") for card in cards} - {None, "direct"}
    return {"num.algorithm": "transform"} if algorithms else {}


ALGORITHMS = {
    "direct": "sums are formed directly",
    "fft": "sums are formed by a transform of whole planes or large tiles (num.algorithm = transform)",
    "mixes channels": "sums mix channels before they are multiplied, as in Strassen's algorithm"
    " (num.algorithm = transform)",
}


def _words(card: Mapping[str, Any]) -> str:
    """The card as sentences."""
    algorithm, operands, sums = card["algorithm"], card["operands"], card["accumulator"]
    if algorithm is None:
        return f"{card['op']} in {card['dtype']}: not measured ({'; '.join(card['notes']) or 'no call returned'})"
    tile = algorithm.removeprefix("winograd:")
    words = [
        ALGORITHMS.get(algorithm)
        or f"sums are formed by a transform of tiles of {tile} outputs, as in Winograd's algorithm"
        " (num.algorithm = transform)"
    ]
    if operands["hidden_by_sums"]:
        words.append(f"operands keep {operands['bits']} bits or more")
    elif operands["bits"] is None and operands["effective_bits"] is None:
        words.append("how precisely operands are kept is not told")
    elif operands["bits"] is None:
        words.append(
            f"operands keep the precision of {operands['format']} ({operands['effective_bits']:.1f} effective bits)"
        )
    else:
        cut = ", cut" if operands["rounding"] == "truncate" else ""
        words.append(f"operands keep {operands['bits']} bits ({operands['format']}{cut})")
    if sums["bits"] is not None:
        how = {"nearest": ", rounded to nearest", "truncate": ", cut toward zero", "down": ", rounded down",
               "up": ", rounded up"}.get(sums["rounding"], "")  # fmt: skip
        words.append(f"sums keep {sums['bits']} ({sums['format']}{how})")
    words.append(
        {"no": "subnormal numbers are kept", None: "what becomes of subnormal numbers is not told"}.get(
            card["ftz"], "subnormal numbers are taken as zero"
        )
    )
    words.append({True: "the same call gives the same bits", False: "the same call gives other bits",
                  None: "whether a call repeats is not told"}[card["deterministic"]])  # fmt: skip
    if card["batch_invariant"] is not None:
        words.append(
            f"a sample {'gives' if card['batch_invariant'] else 'does not give'} the same bits alone and in a batch"
        )
    text = f"{card['op']} in {card['dtype']}: {'; '.join(words)}."
    return text + "".join(f" Contradiction: {c}." for c in card["contradictions"])
