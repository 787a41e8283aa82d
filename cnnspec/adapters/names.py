"""Names that are nearly an operation's: what is taken for one, and what to say where none is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from cnnspec.operations import find, spelled_names


def plain(name: str) -> str:
    """A name in small letters and without underscores.

    Examples
    --------
    >>> plain("MaxPool_2D") == plain("max_pool2d")
    True
    """
    return name.replace("_", "").lower()


def member(owner: Any, name: str) -> Any:
    """What ``owner`` holds under a name."""
    return owner.get(name) if isinstance(owner, Mapping) else getattr(owner, name, None)


def names(owner: Any) -> list[str]:
    """The public callables of ``owner``."""
    every = list(owner) if isinstance(owner, Mapping) else dir(owner)
    return [str(n) for n in every if not str(n).startswith("_") and callable(member(owner, n))]


def written(owner: Any, wanted: str) -> str:
    """The name under which ``owner`` holds the function ``wanted``: its own, or one that differs in capitals and
    underscores alone (of a function, not of a class, which makes a layer and is none); empty where there is none.

    Examples
    --------
    >>> written({"ReLU": abs, "maxpool2d": max}, "relu"), written({"Conv2d": dict}, "conv2d")
    ('ReLU', '')
    """
    if callable(member(owner, wanted)):
        return wanted
    near = (n for n in names(owner) if plain(n) == plain(wanted) and not isinstance(member(owner, n), type))
    return next(near, "")


def guess(name: str) -> str:
    """The operation that a name is likely meant to be; empty where none is near.

    Examples
    --------
    >>> guess("my_conv2d"), guess("conv_forward_naive"), guess("main")
    ('conv2d', 'conv2d', '')
    """
    if name.startswith(("conv_forward", "max_pool_forward")):
        return "conv2d" if name[0] == "c" else "max_pool2d"
    flat = {plain(spelled): spelled for spelled in spelled_names()}
    short = plain(name).replace("convolution", "conv").replace("pooling", "pool")
    return flat[near[0]] if (near := get_close_matches(short, flat, n=1, cutoff=0.7)) else ""


def way_out(owner: Any, target: str, there: Iterable[str]) -> str:
    """What to write instead, for a target that has no function of an operation's name."""
    there = list(there)
    if any(n.startswith(("conv_forward_", "max_pool_forward_")) for n in there):
        return f"The functions of the CS231n assignments are checked as cs231n:{target}"
    for name in there:
        value = member(owner, name)
        if isinstance(value, type) and (held := [s for s in spelled_names() if callable(getattr(value, s, None))]):
            return f"The class {name} has {held[0]}: point at it, as {target}:{name}"
    near = next(((n, g) for n in there if (g := guess(n))), None)
    if near is None:
        return f"Name the functions like the operations, or say which operation one is: {target}:FUNCTION?op=OPERATION"
    name, operation = near
    if isinstance(member(owner, name), type):
        arrays = ", ".join(find(operation)[0].arrays)
        return (f"{name} is a class, which holds its own weights and options; add a function that takes them, such as"
                f" def {operation}({arrays}, …): and let it set up {name} and call it")  # fmt: skip
    return f"Is {name} meant to be {operation}? Name it so, or check it as {target}:{name}?op={operation}"
