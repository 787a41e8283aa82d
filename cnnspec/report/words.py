"""How reports write numbers, indices, shapes and commands, the same in every face."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any


def number(value: Any, digits: int = 9) -> str:
    """A number as a person writes it: no trailing ``.0``, nine significant digits, NaN and inf by name.

    Examples
    --------
    >>> [number(v) for v in (19.0, -0.0, 0.1, 1 / 3, float("nan"), Fraction(1, 4), 1e30, 2j)]
    ['19', '-0', '0.1', '0.333333333', 'NaN', '0.25', '1e+30', '2j']
    >>> number(1 / 3, 4)
    '0.3333'
    """
    if getattr(value, "dtype", None) in ("float32", "float16"):
        value = float(str(value))  # as few digits as tell it from its neighbours in its own dtype
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, complex):
        return number(value.real, digits) if value.imag == 0 else f"{value:.6g}".removeprefix("0+")
    if isinstance(value, (bool, int)):
        return str(int(value))
    value = float(value)
    if is_nan(value):
        return "NaN"
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"


def factor(value: Any, digits: int = 9) -> str:
    """A number inside a product: a negative one in brackets, a fraction as one.

    Examples
    --------
    >>> factor(-2.0), factor(Fraction(1, 4))
    ('(-2)', '1/4')
    """
    text = str(value) if isinstance(value, Fraction) else number(value, digits)
    return f"({text})" if text.startswith("-") or "j" in text else text


def element(name: str, index: Iterable[int]) -> str:
    """One element of an array.

    Examples
    --------
    >>> element("y", (0, 1, 2)), element("x", ())
    ('y[0,1,2]', 'x')
    """
    inside = ",".join(map(str, index))
    return f"{name}[{inside}]" if inside else name


def times(extents: Sequence[int]) -> str:
    """Extents joined by a cross.

    Examples
    --------
    >>> times((7, 5))
    '7×5'
    """
    return "×".join(map(str, extents))


def count(n: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    Examples
    --------
    >>> count(1, "case"), count(1200, "case"), count(2, "axis", "axes")
    ('1 case', '1,200 cases', '2 axes')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def short(n: int) -> str:
    """A count in at most four characters.

    Examples
    --------
    >>> [short(n) for n in (0, 999, 1234, 45678, 3_456_789)]
    ['0', '999', '1.2k', '45k', '3.4M']
    """
    if n < 1000:
        return str(n)
    size, unit = (n / 1000, "k") if n < 1_000_000 else (n / 1_000_000, "M")
    return f"{int(size * 10) / 10:.1f}{unit}" if size < 10 else f"{int(size)}{unit}"


def duration(seconds: float) -> str:
    """A time span.

    Examples
    --------
    >>> duration(0.04), duration(12.3), duration(130)
    ('0.0 s', '12 s', '2 min 10 s')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def command(*parts: str) -> str:
    """A command line to copy, quoted where a shell needs it.

    Examples
    --------
    >>> command("cnnspec", "check", "torch?device=cpu")
    "cnnspec check 'torch?device=cpu'"
    """
    return shlex.join(parts)


def listing(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence.

    Examples
    --------
    >>> listing(["a", "b", "c"]), listing(["a"])
    ('a, b and c', 'a')
    """
    return f" {last} ".join(([", ".join(words[:-1])] if words[1:] else []) + list(words[-1:]))


def clean(text: str) -> str:
    """What a target says, harmless to print: control characters and what no encoding has are spelled out.

    Examples
    --------
    >>> clean("red: " + chr(27) + "[31m" + chr(0xD800))
    'red: \\\\x1b[31m\\\\ud800'
    """
    kept = "".join(c if c in "\n\t" or c.isprintable() or ord(c) >= 0xD800 else f"\\x{ord(c):02x}" for c in text)
    return kept.encode("utf-8", "backslashreplace").decode("utf-8")


def is_nan(value: Any) -> bool:
    """Whether a number is NaN, which alone differs from itself.

    Examples
    --------
    >>> is_nan(float("nan")), is_nan(Fraction(1, 3))
    (True, False)
    """
    return bool(value != value)  # noqa: PLR0124


def fraction(value: Any) -> Any:
    """``value`` as an exact number where it is finite; NaN, infinity and complex numbers as they are.

    Examples
    --------
    >>> fraction(0.5), fraction(3), fraction(float("inf"))
    (Fraction(1, 2), 3, inf)
    """
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and value - value == 0:
        return Fraction(value)
    return value
