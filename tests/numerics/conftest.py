"""How the projections go through their data: in one block or many, with the taps together or apart."""

from __future__ import annotations

import pytest

from cnnspec.numerics import contraction, projection


@pytest.fixture(params=[2**18, 40], ids=["one block", "many blocks"])
def block(request, monkeypatch):
    monkeypatch.setattr(projection, "BLOCK", request.param)


@pytest.fixture(params=[projection.together, projection.apart], ids=["together", "apart"])
def plan(request, monkeypatch):
    for module in (projection, contraction):
        monkeypatch.setattr(module, "planned", lambda x, axes, dtype: request.param(axes))
