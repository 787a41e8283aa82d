from __future__ import annotations

import numpy as np
import pytest

from cnnspec.laws.counterexamples import COUNTEREXAMPLES, CounterExample
from cnnspec.laws.registry import every_law, find_law


@pytest.mark.parametrize("example", COUNTEREXAMPLES, ids=lambda example: example.name)
def test_it_stays_false(example: CounterExample) -> None:
    left, right = (np.asarray(side[1]()).tolist() for side in (example.left, example.right))
    assert (left, right) == example.numbers
    assert left != right


@pytest.mark.parametrize("example", COUNTEREXAMPLES, ids=lambda example: example.name)
def test_it_is_mistaken_for_a_law(example: CounterExample) -> None:
    assert find_law(example.law)
    assert example.claim.endswith(".")


def test_names_are_unique() -> None:
    assert len({example.name for example in COUNTEREXAMPLES}) == len(COUNTEREXAMPLES)


def test_every_theorem_has_a_false_neighbour() -> None:
    proofs = {law.id for law in every_law() if law.prove is not None}
    assert proofs - {example.law for example in COUNTEREXAMPLES} == set()
