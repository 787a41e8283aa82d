"""Declarations: every word and value is checked where it is written."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cnnspec.adapters.claiming import claims, declared_for
from cnnspec.errors import UsageError


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"padding": "both"}, "padding must be one of none, symmetric, asymmetric, negative; got 'both'"),
        ({"style": "keras"}, "style must be one of canonical, torch, scalar"),
        ({"dtypes": ["float31"]}, "dtypes are among float64, .*; got 'float31'"),
        ({"options": ["strides"]}, "options are among stride, .*; got 'strides'"),
        ({"limits": ["none"]}, "limits are among half_kernel_padding"),
        ({"choices": ["constant"]}, "choices must be a dict"),
        ({"pading": "none"}, "claims has no word 'pading'; it has padding"),
    ],
)
def test_a_wrong_word_is_refused_where_it_is_written(declared: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        claims(**declared)


def test_the_nearer_declaration_wins() -> None:
    @claims(padding="none", dtypes="float32")
    class Owner:
        @claims(padding="symmetric")
        def conv2d(self) -> None: ...

    assert declared_for(Owner(), Owner().conv2d) == {"padding": "symmetric", "dtypes": ("float32",)}
    assert declared_for({"__cnnspec_claims__": {"style": "scalar"}}) == {"style": "scalar"}


def test_declaring_leaves_the_function_as_it_is() -> None:
    def conv2d() -> None: ...

    assert claims(uniform=1, choices={"mode": ["reflect"]}, dialects={"pool.max.nan": "ignore"})(conv2d) is conv2d
    assert conv2d.__cnnspec_claims__ == {
        "uniform": True, "choices": {"mode": ("reflect",)}, "dialects": {"pool.max.nan": "ignore"},
    }  # fmt: skip


def test_declaring_loads_no_numpy() -> None:
    code = "import sys, cnnspec.adapters.claiming, cnnspec.adapters as a; a.known(); print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_numerics_are_declared_and_reach_the_claim() -> None:
    @claims(numerics={"operands": "tf32"}, padding="symmetric", dtypes=["float32"])
    def conv2d(x, w, b=None, *, stride, padding): ...

    from cnnspec.adapters.python import implementation
    from cnnspec.implementation import OperationClaims

    claim = implementation(conv2d, "conv2d").claims.operations["conv2d"]
    assert claim.numerics == {"operands": "tf32"}
    assert OperationClaims.from_json(claim.to_json()) == claim
    with pytest.raises(UsageError, match="numerics has no word 'operand'"):
        claims(numerics={"operand": "tf32"})
