"""Names that are nearly an operation's: what is taken for one, and what to say where none is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from cnnspec.adapters.signatures import plain
from cnnspec.operations import find, spelled_names


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


PREFIXES = ("my", "our", "naive", "simple", "basic", "custom", "manual", "numpy", "np", "vanilla", "fast", "slow", "do",
            "apply", "perform", "compute", "calculate")  # fmt: skip
SUFFIXES = ("forward", "naive", "fast", "slow", "numpy", "np", "loops", "loop", "layer", "op", "operation", "function",
            "func", "fn", "impl", "implementation", "im2col", "vectorized", "vectorised", "fromscratch", "scratch",
            "strides", "strided", "custom", "manual", "v1", "v2")  # fmt: skip
OTHERS = {
    "convolutional": "conv", "convolution": "conv", "convtransposed": "convtranspose", "deconv": "convtranspose",
    "transposedconv": "convtranspose", "transposeconv": "convtranspose", "pooling": "pool", "average": "avg",
    "meanpool": "avgpool", "maximum": "max", "poolmax": "maxpool", "poolavg": "avgpool", "poolmean": "avgpool",
    "crosscorrelation": "crosscorrelate",
}  # fmt: skip
"""Other words for the parts of an operation's name."""


def meant(name: str) -> str:
    """What a name stands for once it is bare of what people put around it: an operation, or ``pool``; else empty.

    Examples
    --------
    >>> [meant(name) for name in ("my_convolution", "maxPooling", "avgpool2d_forward", "conv_backward", "convolve2d")]
    ['conv', 'max_pool', 'avg_pool2d', '', '']
    """
    flat = {plain(spelled): spelled for spelled in (*spelled_names(), *(find(n)[0].name for n in spelled_names()))}
    flat |= {"pool": "pool", "pool2d": "pool2d"}
    short = plain(name)
    for old, new in OTHERS.items():
        short = short.replace(old, new)
    for _ in range(3):
        if short in flat:
            return flat[short]
        short = next((short.removeprefix(p) for p in PREFIXES if short.startswith(p)), short)
        short = next((short.removesuffix(p) for p in SUFFIXES if short.endswith(p) and short not in flat), short)
    return flat.get(short, "")


def guess(name: str) -> str:
    """The operation that a name is likely meant to be; empty where none is near.

    Examples
    --------
    >>> guess("conv2D_valid"), guess("maxpol"), guess("main")
    ('conv2d', 'max_pool2d', '')
    """
    if plain(name).startswith("convolve"):
        return "convolve"
    flat = {plain(spelled): spelled for spelled in spelled_names()}
    short = re.sub(r"\d+x\d+", "", plain(name)).replace("convolution", "conv").replace("pooling", "pool")
    if short in flat:
        return flat[short]
    near = get_close_matches(short, flat, n=3, cutoff=0.7)
    return flat[next((n for n in near if not n.endswith(("1d", "3d"))), near[0])] if near else ""


def assignment(owner: Any, target: str) -> list[str]:
    """What to say where a file has the functions of the CS231n assignments."""
    if any(n.startswith(("conv_forward_", "max_pool_forward_")) for n in names(owner)):
        return [f"the functions of the CS231n assignments, backward too, are checked as cs231n:{target}"]
    return []


def way_out(owner: Any, target: str, there: Iterable[str]) -> str:
    """What to write instead, for a target that has no function of an operation's name."""
    there = list(there)
    for name in there:
        value = member(owner, name)
        if isinstance(value, type) and (held := [s for s in spelled_names() if callable(getattr(value, s, None))]):
            return f"The class {name} has {held[0]}: point at it, as {target}:{name}"
    near = next(((n, g) for n in there if (g := guess(n))), None)
    if near and near[1] == "convolve":
        return (f"Is {near[0]} meant to be convolve, with the kernel flipped, or conv2d, the layer, which does not flip"
                f" it? Check it as {target}:{near[0]}?op=convolve or {target}:{near[0]}?op=conv2d")  # fmt: skip
    if near is None:
        return f"Name the functions like the operations, or say which operation one is: {target}:FUNCTION?op=OPERATION"
    name, operation = near
    if isinstance(member(owner, name), type):
        arrays = ", ".join(find(operation)[0].arrays)
        return (f"{name} is a class, which holds its own weights and options; add a function that takes them, such as"
                f" def {operation}({arrays}, …): and let it set up {name} and call it")  # fmt: skip
    return f"Is {name} meant to be {operation}? Name it so, or check it as {target}:{name}?op={operation}"
