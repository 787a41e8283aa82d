"""The second population: small changes to the reference's own source, made by rule and chosen by nobody.

A suite that catches the faults somebody thought of may have been fitted to them.  Here every function of
``cnnspec.reference`` that an operation can reach is changed in one place at a time: an operator for its neighbour, a
constant by one, a condition for its opposite, a statement left out.  A change is called ``auto:MODULE:N``, the N-th of
its module; the changed module and private copies of those that import it are run beside the real ones, which stay as
they are.

Some changes mean nothing: a block size of one more, a check that another one repeats.  Those are equivalent, and no
suite can tell them.
"""

from __future__ import annotations

import ast
import builtins
import copy
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any, TypeAlias

from cnnspec.errors import UsageError
from cnnspec.mutants.call import Call
from cnnspec.mutants.mutant import Function, Mutant, always
from cnnspec.operations import OPERATIONS

PREFIX = "auto:"
PACKAGE = "cnnspec.reference"

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.USub: ast.UAdd, ast.And: ast.Or, ast.Or: ast.And,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "argmin": "argmax", "argmax": "argmin",
    "any": "all", "all": "any", "zeros": "ones", "ones": "zeros", "floor": "ceil", "ceil": "floor",
}  # fmt: skip
ASIDE = ("annotation", "returns", "decorator_list", "type_params", "bases", "defaults", "kw_defaults")
"""Parts of a function that no call with every argument given can show."""

UNTOUCHED = (ast.JoinedStr, ast.FormattedValue, ast.Raise)
"""Messages are compared by nobody."""


@dataclass(frozen=True, slots=True)
class Change:
    """One place of the reference's source and what it becomes.

    Attributes
    ----------
    module, number
        The module's name in the package, and the number of the change in it.
    function, line
        The outermost function or class that holds the place, and its line in the file.
    before, after
        The source of the changed expression or statement.
    """

    module: str
    number: int
    function: str
    line: int
    before: str
    after: str

    @property
    def id(self) -> str:
        """``auto:windows:17``."""
        return f"{PREFIX}{self.module}:{self.number}"

    @property
    def description(self) -> str:
        """The change in one line."""
        return f"in {self.function}, {self.module}.py line {self.line}, `{self.before}` becomes `{self.after}`"


def names(module: str | None = None) -> list[str]:
    """The ids of every change, or of those in one module, that an operation can reach."""
    chosen = modules() if module is None else (module,)
    return [change.id for name in chosen for change in changes(name) if touched(change.module, change.function)]


@cache
def modules() -> tuple[str, ...]:
    """The modules of the reference."""
    stems = (path.name.removesuffix(".py") for path in files(PACKAGE).iterdir() if path.name.endswith(".py"))
    return tuple(sorted(stem for stem in stems if stem != "__init__"))


@cache
def _text(module: str) -> str:
    return files(PACKAGE).joinpath(f"{module}.py").read_text(encoding="utf-8")


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_text(module))


@cache
def changes(module: str) -> tuple[Change, ...]:
    """Every change of one module.

    Examples
    --------
    >>> change = changes("activation")[0]
    >>> change.function, change.before, change.after
    ('relu', 'x > 0', 'x >= 0')
    """
    return tuple(
        Change(module, number, holder.name, node.lineno, _source(node), _source(new))
        for number, (holder, node, new) in enumerate(_places(_tree(module)))
    )


def _source(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _places(tree: ast.Module) -> Iterator[tuple[Any, Any, ast.AST]]:
    """Every node that can change, in the order of the source: what holds it, itself, and what it becomes."""
    for holder in tree.body:
        if isinstance(holder, (ast.FunctionDef, ast.ClassDef)):
            for node in _inside(holder):
                for new in _alternatives(node):
                    yield holder, node, new


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, leaving out annotations, decorators, defaults, docstrings and messages."""
    for field, value in ast.iter_fields(node):
        if field in ASIDE:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(child) and not _is_strict(child):
                yield child
                if not isinstance(child, UNTOUCHED):
                    yield from _inside(child)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_strict(node: ast.AST) -> bool:
    """``strict=True`` only guards against what cannot happen."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _alternatives(node: ast.AST) -> Iterator[ast.AST]:
    """What a node can become."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.AugAssign)) and type(node.op) in OPERATORS:
        yield _with(node, op=OPERATORS[type(node.op)]())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
        yield _with(node, ops=[OPERATORS[type(node.ops[0])](), *node.ops[1:]])
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _with(node, value=not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield _with(node, value=node.value + 1)
        yield _with(node, value=node.value - 1)
    if isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield _with(node, id=NAMES[node.id])
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield _with(node, attr=NAMES[node.attr])
    if isinstance(node, (ast.AugAssign, ast.Raise, ast.Expr)) or _is_store(node):
        yield ast.Pass()


def _is_store(node: ast.AST) -> bool:
    """Whether a statement writes into an array; leaving out the definition of a name would only raise."""
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return ast.copy_location(self.new, node) if node is self.old else self.generic_visit(node)


def changed_tree(module: str, number: int) -> ast.Module:
    """The source of a module with one change in it."""
    tree = ast.parse(_text(module))
    _, old, new = list(_places(tree))[number]
    _Replace(old, new).visit(tree)
    return ast.fix_missing_locations(tree)


Place: TypeAlias = tuple[str, str]
"""A module of the reference, and a function or class that it defines."""


@cache
def _known(module: str) -> Mapping[str, Place | str]:
    """What the names of a module mean: a place of the reference, or one of its modules."""
    found: dict[str, Place | str] = {}
    for node in _tree(module).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = (module, node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            home = (node.module or "").rpartition(".")[2]
            found |= {n.name: n.name if node.module == PACKAGE else (home, n.name) for n in node.names}
    return found


@cache
def _uses(place: Place) -> frozenset[Place]:
    """The places that a function or class names."""
    module, name = place
    holder = next(n for n in _tree(module).body if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name)
    return frozenset(meant for node in ast.walk(holder) if (meant := _meant(node, module)))


def _meant(node: ast.AST, module: str) -> Place | None:
    """The place that an expression of a module names, if it names one."""
    found: Place | str | None = None
    if isinstance(node, ast.Name):
        found = _known(module).get(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        home = _known(module).get(node.value.id)
        found = _known(home).get(node.attr) if isinstance(home, str) else None
    return found if isinstance(found, tuple) else None


@cache
def touched(module: str, function: str) -> tuple[str, ...]:
    """The operations whose reference can reach a function of a module; what only others of its callers do is apart.

    Examples
    --------
    >>> touched("activation", "relu"), "conv" in touched("columns", "gather"), touched("unpooling", "gather")
    (('relu',), True, ())
    """
    return tuple(operation.name for operation in OPERATIONS if (module, function) in _reached(operation.name))


@cache
def _reached(op: str) -> frozenset[Place]:
    operation = next(operation for operation in OPERATIONS if operation.name == op)
    known = _known(operation.chapter).get(op)
    home, _ = place = known if isinstance(known, tuple) else (operation.chapter, op)
    waiting, seen = [place], set[Place]()
    spelled = {operation.spelled(rank) for rank in (1, 2, 3)}
    for node in _tree(home).body:
        if isinstance(node, ast.Assign) and spelled & {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}:
            waiting.extend(meant for n in ast.walk(node.value) if (meant := _meant(n, home)))
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting.extend(_uses(place))
    return frozenset(seen)


@cache
def _code(module: str) -> CodeType:
    return _compiled(_tree(module))


def _compiled(tree: ast.Module) -> CodeType:
    return compile(tree, "<a copy of the reference>", "exec", dont_inherit=True)


class _Copies:
    """The reference's modules once more, one of them changed; each is run when the first other one imports it."""

    def __init__(self, module: str, number: int) -> None:
        self.changed, self.number = module, number
        self.made: dict[str, ModuleType] = {}

    def module(self, name: str) -> ModuleType:
        if name not in self.made:
            made = self.made[name] = ModuleType(f"_changed_{self.changed}_{self.number}.{name}")
            vars(made)["__builtins__"] = {**vars(builtins), "__import__": self._import}
            code = _compiled(changed_tree(name, self.number)) if name == self.changed else _code(name)
            sys.modules[made.__name__] = made  # dataclasses look their own module up
            try:
                exec(code, vars(made))
            finally:
                del sys.modules[made.__name__]
        return self.made[name]

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002  the built-in's own names
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        if name == PACKAGE:
            return SimpleNamespace(**{item: self.module(item) for item in fromlist})
        if name.startswith(f"{PACKAGE}."):
            return self.module(name.rsplit(".", maxsplit=1)[-1])
        return builtins.__import__(name, globals, locals, fromlist, level)


@lru_cache(maxsize=4)
def _copies(module: str, number: int) -> _Copies:
    return _Copies(module, number)


@dataclass(frozen=True)
class Automatic(Mutant):
    """A change as a mutant: its functions are those of the changed modules."""

    change: Change | None = None

    def apply(self, function: Function, op: str) -> Function:
        """The function of the same name in the changed modules, where ``op`` can reach the change."""
        if op not in self.operations or self.change is None:
            return function
        chapter = next(operation.chapter for operation in OPERATIONS if operation.name == op)
        try:
            found: Function = getattr(
                _copies(self.change.module, self.change.number).module(chapter), function.__name__
            )
        except Exception as error:  # noqa: BLE001  a changed module may do anything while it is run
            return _raising(error)
        return found


def _raising(error: Exception) -> Function:
    """What stands for a function whose module could not be run."""

    def function(*arrays: Any, **options: Any) -> Any:
        raise RuntimeError(f"the changed module cannot be run: {error!r}")

    return function


def find(name: str) -> Automatic:
    """The mutant ``auto:MODULE:N``.

    Raises
    ------
    UsageError
        If there is no such module or change.
    """
    match = re.fullmatch(rf"{PREFIX}(\w+):(\d+)", name)
    if not match or match[1] not in modules() or int(match[2]) >= len(changes(match[1])):
        known = ", ".join(modules())
        raise UsageError(f"no change is called {name!r}; they are auto:MODULE:N, the modules {known}")
    change = changes(match[1])[int(match[2])]

    def fault(call: Call, memory: dict[Any, Any]) -> Any:
        return call()

    reached = touched(change.module, change.function)
    fields = (change.id, "automatic", change.description, reached, "not known", (), fault, always)
    return Automatic(*fields, change=change)
