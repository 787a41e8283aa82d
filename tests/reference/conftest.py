"""What the tests of the reference share: small layers to draw, and the comparison with the definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from cnnspec.errors import CnnspecError


@dataclass(frozen=True)
class Layer:
    """One small layer: shapes, options and a seed. Not every one is valid; then both twins must refuse it."""

    batch: int
    groups: int
    inputs: int
    outputs: int
    extents: tuple[int, ...]
    kernel: tuple[int, ...]
    options: dict[str, Any]
    seed: int = field(default=0)

    @property
    def x(self) -> Any:
        return self.integers(self.batch, self.groups * self.inputs, *self.extents)

    @property
    def w(self) -> Any:
        return self.integers(self.groups * self.outputs, self.inputs, *self.kernel)

    @property
    def b(self) -> Any:
        return self.integers(self.groups * self.outputs)

    @property
    def transposed_w(self) -> Any:
        return self.integers(self.groups * self.inputs, self.outputs, *self.kernel)

    def integers(self, *shape: int) -> Any:
        return np.random.default_rng((self.seed, *shape)).integers(-9, 10, shape)


@st.composite
def drawn_layers(draw: Any, words: bool = True) -> Layer:
    """Layers of one to three axes that shrink toward one axis, one channel, extent 1 and default options."""
    rank = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 3))

    def per_axis(low: int, high: int) -> Any:
        return draw(st.tuples(*[st.integers(low, high)] * rank))

    pads: Any = st.tuples(*[st.tuples(st.integers(-2, 3), st.integers(-2, 3))] * rank)
    if words:
        pads |= st.sampled_from(["valid", "same_upper", "same_lower", "same", "causal"])
    return Layer(
        batch=draw(st.integers(0, 3)),
        groups=groups,
        inputs=draw(st.integers(0, 3)),
        outputs=draw(st.integers(1, 3)),
        extents=per_axis(1, 6),
        kernel=per_axis(1, 3),
        options={
            "stride": per_axis(1, 3),
            "padding": draw(pads),
            "dilation": per_axis(1, 3),
            "groups": groups,
        },
        seed=draw(st.integers(0, 9)),
    )


@pytest.fixture(scope="session")
def layers() -> Any:
    return drawn_layers()


@pytest.fixture(scope="session")
def plain_layers() -> Any:
    """Without words, so that another library can be given the pads."""
    return drawn_layers(words=False)


def outcome(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    try:
        return call(*args, **options)
    except CnnspecError as error:
        return type(error), str(error)


@pytest.fixture(scope="session")
def twins() -> Callable[..., Any]:
    """Call definition and reference; the same refusal in the same words, or equal results.  The result, if any."""

    def compare(definition: Callable[..., Any], reference: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
        expected, got = outcome(definition, *arrays, **options), outcome(reference, *arrays, **options)
        if isinstance(expected, tuple) or isinstance(got, tuple):
            assert expected == got
            return None
        assert (got.shape, got.dtype) == (expected.shape, arrays[0].dtype)
        assert got.flags.c_contiguous
        assert not any(np.shares_memory(got, a) for a in arrays if a is not None)
        assert got.tolist() == expected.tolist()
        return got

    return compare
