"""The geometry of ``cnnspec shape``: from sizes as people write them to a case without data."""

from __future__ import annotations

from typing import Any

from cnnspec.arguments import pad_pairs, per_axis
from cnnspec.cases.case import Case
from cnnspec.errors import UsageError
from cnnspec.geometry import ceil_div
from cnnspec.operations import Option, find
from cnnspec.report.options import check_operations, nearest
from cnnspec.typing import Shape


def geometry(op: str, *, input: str, kernel: str | None = None, **given: Any) -> Case:  # noqa: A002  --input
    """The case of a call on one sample and one channel.

    Parameters
    ----------
    op
        The operation, with or without its rank.
    input, kernel
        Extents, as in ``7x7``; one number serves every axis.
    **given
        Options as text, those not given left out: ``2``, ``2x1``, pads also ``1.0_0.2`` or a word.

    Raises
    ------
    UsageError
        If a size cannot be read, or an option is missing or does not belong to the operation.

    Examples
    --------
    >>> str(geometry("conv2d", input="7x5", kernel="3", stride="2", padding="same_upper"))
    'conv2d:x=1x1x7x5,w=1x1x3x3,stride=2x2,padding=1.1_1.1,f64,ints:8'
    """
    check_operations([op])
    operation, rank = find(op)
    n = _extents(input, "input", rank)
    rank = len(n)
    spelled = operation.spelled(rank) if operation.chapter != "signal" and 1 <= rank <= 3 else op
    texts = {name: text for name, text in given.items() if text not in (None, False)}
    shapes: dict[str, Shape] = {"x": n if operation.chapter == "signal" else (1, 1, *n)}
    weight = next((name for name in ("w", "k") if name in operation.geometry), "")
    if weight:
        if kernel is None:
            raise UsageError(f"{op} needs --kernel, as in --kernel 3x3")
        k = _extents(kernel, "kernel", rank)
        shapes[weight] = k if weight == "k" else (1, 1, *k)
    elif kernel is not None:
        texts["kernel_size"] = kernel
    names = {option.name: option for option in operation.options}
    for name in texts:
        if name not in names:
            flags = [_flag(n) for n in names]
            raise UsageError(
                f"{op} has no {_flag(name)}{nearest(_flag(name), flags)} (it has {', '.join(flags) or 'none'})"
            )
    options = {name: _value(names[name], text, rank) for name, text in texts.items() if name != "padding"}
    for name, option in names.items():
        if option.default is ... and name not in options and name not in texts:
            raise UsageError(f"{op} needs {_flag(name)}")
    if "padding" in texts:
        options["padding"] = _pads(texts["padding"], n, shapes.get("w", (1, 1))[2:], options)
    return Case.build(spelled, shapes, options)


def _flag(name: str) -> str:
    return "--kernel" if name == "kernel_size" else f"--{name.replace('_', '-')}"


def _extents(text: str, name: str, rank: int | None) -> Shape:
    sizes = _ints(text, name)
    if rank is not None and len(sizes) not in (1, rank):
        raise UsageError(f"--{name} must be one number or {rank}, as in {'x'.join(['7'] * rank)}; got {text!r}")
    return sizes * rank if rank is not None and len(sizes) == 1 else sizes


def _ints(text: str, name: str) -> Shape:
    try:
        return tuple(int(part) for part in text.lower().replace(",", "x").split("x"))
    except ValueError:
        raise UsageError(f"--{name} reads as numbers joined by x, as in 7x7; got {text!r}") from None


def _value(option: Option, text: Any, rank: int) -> Any:
    if option.kind == "per_axis":
        sizes = _ints(text, option.name.replace("_", "-"))
        least = 0 if option.name == "output_padding" else 1
        return per_axis(sizes[0] if len(sizes) == 1 else sizes, rank, option.name, minimum=least)
    return text


def _pads(text: str, n: Shape, kernel: Shape, options: dict[str, Any]) -> Any:
    """Pads from a word, one number, one per axis, or (lo, hi) pairs ``1.0_0.2``."""
    rank = len(n)
    k = options.get("kernel_size", kernel) or (1,) * rank
    ones = (1,) * rank
    value: Any = text
    if "." in text:
        value = tuple(_pair(part) for part in text.split("_"))
    elif any(letter.isdigit() for letter in text):
        sizes = _ints(text, "padding")
        value = sizes[0] if len(sizes) == 1 else sizes
    stride = options.get("stride", k if "kernel_size" in options else ones)
    return pad_pairs(value, n, k, stride, options.get("dilation", ones))


def _pair(text: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, text.split(".")))
    except ValueError:
        raise UsageError(f"--padding reads pairs as lo.hi_lo.hi, such as 1.0_0.2; got {text!r}") from None


def same_words(case: Case) -> str:
    """A remark where the output extents are those of ``same`` padding."""
    strides = case.options.get("stride")
    if strides is None or case.operation.name not in ("conv", "max_pool", "avg_pool", "lp_pool"):
        return ""
    same = tuple(ceil_div(n, s) for n, s in zip(case.shapes["x"][2:], strides, strict=True))
    return "the extents of same padding, ⌈n / s⌉" if case.valid and case.output_shape[2:] == same else ""
