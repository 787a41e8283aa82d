"""A small language of conditions on cases: ``groups > 1 and max(stride) > 1``.

It looks like Python and is read by Python's parser, and is never run as Python: every node of the tree is one of those
listed here, or the text is refused.  There is nothing in it that writes, imports, loops without end or grows.

A name is an option of the operation (``stride``, ``padding``, ``mode``, …), an array's shape (``x``, ``w``, ``k``), or

| name | what it is |
|---|---|
| ``op``, ``operation``, ``rank`` | ``"conv2d"``, ``"conv"``, 2 |
| ``batch``, ``channels``, ``extents`` | ``x[0]``, ``x[1]``, ``x[2:]`` |
| ``outputs``, ``kernel_size`` | the channels of a convolution's result, and its kernel ``w[2:]`` |
| ``lo``, ``hi`` | the pads at the low and at the high end, one for each axis |
| ``bias``, ``view`` | whether there is a bias; whether an array is not laid out plainly |
| ``dtype``, ``fill``, ``special`` | ``"float32"``, ``"ints"``; whether single values were set, such as NaN |
| ``feature`` | what the coverage table says of the case: ``feature["padding"] == "same_upper"`` |

A condition on something that an operation does not have (``groups`` of ``relu``) does not hold.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from cnnspec.cases.case import Case
from cnnspec.cases.features import features
from cnnspec.cases.fills import split
from cnnspec.errors import UsageError
from cnnspec.operations import OPERATIONS

LONGEST = 500
"""Characters of a condition, at most."""

MOST_LOOPS = 3
"""Uses of ``for`` in a condition, at most."""

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "sum": sum, "len": len, "abs": abs, "any": any, "all": all, "set": set, "sorted": sorted,
    "zip": zip,
}  # fmt: skip
WORDS = ("op", "operation", "rank", "batch", "channels", "extents", "outputs", "lo", "hi", "bias", "view", "dtype",
         "fill", "special", "feature", "x", "w", "k")  # fmt: skip
NAMES = (*WORDS, *dict.fromkeys(option.name for operation in OPERATIONS for option in operation.options))


class Absent(Exception):
    """The case has nothing of that name."""


def facts(case: Case) -> dict[str, Any]:
    """Everything that a condition may ask of a case, by name."""
    o, known = case.options, {**case.options, **{n: case.shapes[n] for n in ("x", "w", "k") if n in case.shapes}}
    known |= {"op": case.op, "operation": case.operation.name, "rank": case.rank, "dtype": case.dtype,
              "fill": split(case.fill)[0], "special": bool(case.pokes), "view": bool(case.layouts),
              "bias": "b" in case.shapes, "feature": features(case)}  # fmt: skip
    if "w" in case.shapes:
        known["kernel_size"] = case.shapes["w"][2:]
    if case.operation.chapter != "signal":
        x = case.shapes["x"]
        known |= {"batch": x[0], "channels": x[1], "extents": x[2:]}
        if case.operation.name in ("conv", "conv_transpose"):
            known["outputs"] = case.output_shape[1]
    if "padding" in o:
        known |= {"lo": tuple(lo for lo, _ in o["padding"]), "hi": tuple(hi for _, hi in o["padding"])}
    return known


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition that has been read: call it with a case.

    Examples
    --------
    >>> condition = read("max(stride) > 1 and lo != hi")
    >>> condition(Case.parse("conv1d:x=1x1x5,w=1x1x2,stride=2,padding=0.1,f64"))
    True
    >>> condition(Case.parse("relu:x=1x1x5,f64"))
    False
    """

    text: str
    tree: ast.expr
    names: frozenset[str]

    def __call__(self, case: Case) -> bool:
        """Whether it holds.

        Raises
        ------
        UsageError
            If it asks for what cannot be, such as whether a tuple is above 1.
        """
        try:
            return bool(_value(self.tree, facts(case)))
        except Absent:
            return False
        except (TypeError, ValueError, IndexError, ZeroDivisionError) as error:
            raise UsageError(
                f"the condition {self.text!r} cannot be asked of {case}: {error}"
                " (stride, padding, kernel_size and the like hold one entry for each axis: write max(stride) > 1)"
            ) from None


def read(text: str) -> Predicate:
    """The condition that ``text`` says.

    Raises
    ------
    UsageError
        If it is none, or uses what the language does not have.

    Examples
    --------
    >>> read("__import__('os')")
    Traceback (most recent call last):
    ...
    cnnspec.errors.UsageError: the condition "__import__('os')" calls '__import__'; it may call min, max, ...
    """
    if len(text) > LONGEST:
        raise UsageError(f"a condition has at most {LONGEST} characters, got {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UsageError(f"the condition {text!r} cannot be read: {why}") from None
    if sum(isinstance(node, ast.comprehension) for node in ast.walk(tree)) > MOST_LOOPS:
        raise UsageError(f"a condition has at most {MOST_LOOPS} `for`, got {text!r}")
    names: set[str] = set()
    _check(tree, text, frozenset(), names)
    return Predicate(text, tree, frozenset(names))


def _check(node: ast.expr, text: str, bound: frozenset[str], names: set[str]) -> None:
    """Refuse every node that the language does not have; gather the names of facts."""
    says = f"the condition {text!r}"
    if isinstance(node, ast.Name):
        if node.id not in bound:
            if node.id not in NAMES:
                near = get_close_matches(node.id, NAMES, n=1)
                guess = f"do you mean {near[0]}?" if near else f"it may use {', '.join(NAMES)}"
                raise UsageError(f"{says} uses {node.id!r}, which no case has; {guess}")
            names.add(node.id)
    elif isinstance(node, ast.Constant):
        if not isinstance(node.value, int | float | str):
            raise UsageError(f"{says} holds {node.value!r}; it may hold numbers and words")
    elif isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
            raise UsageError(f"{says} calls {ast.unparse(node.func)!r}; it may call {', '.join(FUNCTIONS)}")
        for argument in node.args:
            _check(argument, text, bound, names)
    elif isinstance(node, ast.GeneratorExp):
        _check_generator(node, text, bound, names)
    else:
        for child in _parts(node, says):
            _check(child, text, bound, names)


def _parts(node: ast.expr, says: str) -> Iterable[ast.expr]:
    """The expressions inside a node that has nothing else to look at."""
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        return [node.operand]
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        return [node.left, node.right]
    if isinstance(node, ast.Compare) and all(type(op) in COMPARE for op in node.ops):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return node.elts
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    if isinstance(node, ast.Slice):
        return [part for part in (node.lower, node.upper, node.step) if part]
    raise UsageError(f"{says} has {ast.unparse(node)!r}, which conditions do not have"
                     " (they compare, count, and join by and, or, not)")  # fmt: skip


def _check_generator(node: ast.GeneratorExp, text: str, bound: frozenset[str], names: set[str]) -> None:
    for part in node.generators:
        targets = part.target.elts if isinstance(part.target, ast.Tuple) else [part.target]
        if not all(isinstance(target, ast.Name) for target in targets) or part.is_async:
            raise UsageError(f"the condition {text!r}: `for` takes names, as in any(s > 1 for s in stride)")
        _check(part.iter, text, bound, names)
        bound = bound | {target.id for target in targets if isinstance(target, ast.Name)}
        for condition in part.ifs:
            _check(condition, text, bound, names)
    _check(node.elt, text, bound, names)


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """What an expression that was checked gives."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in known:
            raise Absent(node.id)
        return known[node.id]
    if isinstance(node, ast.BoolOp):
        wanted = isinstance(node.op, ast.Or)
        return next((wanted for part in node.values if bool(_value(part, known)) is wanted), not wanted)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, known)
        return not inner if isinstance(node.op, ast.Not) else -inner
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, known), _value(node.right, known)
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise TypeError(f"{ast.unparse(node)} is no arithmetic on two numbers")
        return ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.Compare):
        return _compare(node, known)
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id](*(_value(argument, known) for argument in node.args))
    if isinstance(node, ast.GeneratorExp):
        return list(_each(node, node.generators, known))
    return _collection(node, known)


def _collection(node: ast.expr, known: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Subscript):
        held = _value(node.value, known)
        if isinstance(node.slice, ast.Slice):
            parts = (node.slice.lower, node.slice.upper, node.slice.step)
            return held[slice(*(part and _value(part, known) for part in parts))]
        at = _value(node.slice, known)
        if isinstance(held, Mapping) and at not in held:
            raise Absent(at)
        return held[at]
    assert isinstance(node, ast.Tuple | ast.List | ast.Set)
    return tuple(_value(item, known) for item in node.elts)


def _compare(node: ast.Compare, known: Mapping[str, Any]) -> bool:
    left = _value(node.left, known)
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = _value(comparator, known)
        if not COMPARE[type(op)](left, right):
            return False
        left = right
    return True


def _each(node: ast.GeneratorExp, generators: list[ast.comprehension], known: Mapping[str, Any]) -> Iterable[Any]:
    if not generators:
        yield _value(node.elt, known)
        return
    first, *rest = generators
    for item in _value(first.iter, known):
        names = [first.target] if isinstance(first.target, ast.Name) else getattr(first.target, "elts", [])
        values = [item] if isinstance(first.target, ast.Name) else list(item)
        inner = {**known, **{name.id: value for name, value in zip(names, values, strict=True)}}
        if all(_value(condition, inner) for condition in first.ifs):
            yield from _each(node, rest, inner)
