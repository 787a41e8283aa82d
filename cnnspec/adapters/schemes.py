"""Targets that begin with a word and a colon: ``exec:./engine --stdio``, ``cs231n:layers.py``.

An operation may follow after ``?op=``, as it may after any target.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnspec.implementation import Implementation

SCHEMES: dict[str, tuple[str, dict[str, Any]]] = {
    "exec": ("exec", {}),
    "exec-once": ("exec", {"once": True}),
    "cs231n": ("cs231n", {}),
}
"""By word: the module of this folder that plugs it in, and the options for its ``implementation``."""


@dataclass(frozen=True, slots=True)
class Schemed:
    """What loads such a target, and the operation that follows it, if one does."""

    load: Callable[[], Implementation]
    op: str | None


def schemed(target: str) -> Schemed | None:
    """What loads a target of one of the schemes; ``None`` where it has none of them.

    Examples
    --------
    >>> schemed("exec:./engine --stdio?op=conv2d").op, schemed("torch?device=cpu")
    ('conv2d', None)
    """
    scheme, colon, rest = target.partition(":")
    if not colon or scheme not in SCHEMES:
        return None
    match = re.fullmatch(r"(?P<rest>.*)\?op=(?P<op>\w+)", rest, re.DOTALL)
    module, options = SCHEMES[scheme]
    return Schemed(partial(_load, module, (match["rest"] if match else rest).strip(), options), match and match["op"])


def _load(module: str, rest: str, options: dict[str, Any]) -> Implementation:
    loaded: Implementation = import_module(f"cnnspec.adapters.{module}").implementation(rest, **options)
    return loaded
