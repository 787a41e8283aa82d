"""How a target's function is reached and called, as Python text: for scripts that stand alone.

The target's file is read, never run: its functions' signatures are taken from the syntax tree, so that words such as
``pad`` and a bias that goes by keyword come out as the author wrote them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnspec.adapters import FRAMEWORKS
from cnnspec.adapters.signatures import Binding, Mismatch, read
from cnnspec.adapters.styles import Form, Pads, in_form, of_style
from cnnspec.errors import Unsupported
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.cases.case import Case
    from cnnspec.implementation import Claims

FILE = re.compile(r"(?P<path>.+\.py)(:(?P<member>[\w.]+))?(\?op=\w+)?")
MODULE = re.compile(r"(?P<module>[A-Za-z_][\w.]*)(:(?P<member>[\w.]+))?(\?op=\w+)?")
NO_MODULES = ("reference", "mutant", "exec", "cs231n", *FRAMEWORKS)
"""What a target may begin with that is no module of the user's."""


@dataclass(frozen=True)
class Reached:
    """The lines that bring a function in under the name ``function``, and its signature where that could be read."""

    lines: tuple[str, ...]
    function: str
    binding: Binding | None


WAYS = re.compile(r"\(adapted\)|the layout is|the bias has|it returns|it takes|it raises|is a word")
"""What a note says of a function that is not called as it stands."""


def called_plainly(op: str, notes: Iterable[str]) -> bool:
    """Whether a function is called with an operation's own arrays, and its result is taken as it is.

    Examples
    --------
    >>> called_plainly("conv2d", ["conv2d: the layout is HW, weights HW; …"])
    False
    """
    names = f"({op}|{find(op)[0].name})"
    taken = re.compile(rf" is taken as (\w+ and )?{names}\b|^{names} is \w+ here")
    return not any(taken.search(note) or (note.startswith(f"{op}: ") and WAYS.search(note)) for note in notes)


def reach(target: str, op: str, notes: Iterable[str] = ()) -> Reached | None:
    """How a script gets at the target's function for ``op``; ``None`` for what is no Python file or module, or is
    called in another way than it stands.
    """
    if not called_plainly(op, notes):
        return None
    as_file, as_module = FILE.fullmatch(target), MODULE.fullmatch(target)
    name = find(op)[0].name
    if as_file:
        path = Path(as_file["path"])
        return _from_tree(_tree(path), _file_import(path), as_file["member"] or "", op, name)
    if as_module and as_module["module"].partition(".")[0] not in NO_MODULES:
        base = f"import {as_module['module']} as target"
        return _from_tree(None, (base,), as_module["member"] or "", op, name)
    return None


def _file_import(path: Path) -> tuple[str, ...]:
    if not path.stem.isidentifier():
        return ("import runpy", "import types", f"target = types.SimpleNamespace(**runpy.run_path({str(path)!r}))")
    folder = str(path.parent)
    return ("import sys", f"sys.path.insert(0, {folder!r})", f"import {path.stem} as target")


def _tree(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.expanduser().read_text("utf-8"))
    except (OSError, ValueError, SyntaxError):
        return None


def _from_tree(tree: ast.Module | None, base: tuple[str, ...], member: str, op: str, name: str) -> Reached:
    body: Sequence[ast.stmt] = tree.body if tree else []
    parts = member.split(".") if member else []
    access = "target"
    for part in parts:
        node = _named(body, (part,))
        access = f"{access}.{part}"
        if isinstance(node, ast.ClassDef):
            access, body = f"{access}()", node.body
        elif isinstance(node, ast.FunctionDef):
            return Reached((*base, f"{op} = {access}"), op, _binding(node, op, method=False))
        else:
            body = []
    node = _named(body, (op, name))
    found = node.name if isinstance(node, ast.FunctionDef) else op
    binding = _binding(node, op, method=bool(parts)) if isinstance(node, ast.FunctionDef) else None
    return Reached((*base, f"{op} = {access}.{found}"), op, binding)


def _named(body: Sequence[ast.stmt], names: Iterable[str]) -> ast.stmt | None:
    """The definition of one of these names, the first name first."""
    there = {node.name: node for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return next((there[name] for name in names if name in there), None)


def _binding(node: ast.FunctionDef, op: str, *, method: bool) -> Binding | None:
    """What the adapters read off the signature: an empty function with the same parameters is read in its place."""
    bare = ast.FunctionDef(node.name, _bare(node.args, method=method), [ast.Pass()], [], None, None)
    module = ast.fix_missing_locations(ast.Module([bare], []))
    space: dict[str, Any] = {}
    exec(compile(module, "signature", "exec"), space)
    try:
        return read(space[node.name], find(op)[0])
    except Mismatch:
        return None


def _bare(args: ast.arguments, *, method: bool) -> ast.arguments:
    """The parameters without annotations, every default None, a method's first one left out."""
    every = [[ast.arg(a.arg) for a in group] for group in (args.posonlyargs, args.args, args.kwonlyargs)]
    if method and every[1]:
        del every[1][0]
    none = ast.Constant(None)
    spread = [ast.arg(a.arg) if a else None for a in (args.vararg, args.kwarg)]
    defaults = [none for _ in args.defaults][: len(every[0]) + len(every[1])]
    keywords: list[ast.expr | None] = [none if default else None for default in args.kw_defaults]
    return ast.arguments(every[0], every[1], spread[0], every[2], keywords, spread[1], defaults)  # type: ignore[arg-type]


def call_text(case: Case, reached: Reached, claims: Claims, notes: Iterable[str]) -> str:
    """The call of the case on the target's function, as the harness makes it.

    Examples
    --------
    >>> from cnnspec.cases.case import Case
    >>> from cnnspec.implementation import Claims, OperationClaims
    >>> claims = Claims({"conv1d": OperationClaims(("stride", "padding"), style="torch")})
    >>> case = Case.parse("conv1d:x=1x1x5,w=1x1x3,padding=1.1,f64")
    >>> call_text(case, Reached((), "conv1d", None), claims, [])
    'conv1d(x, w, stride=(1,), padding=(1,))'
    """
    claim = claims.operations[case.op]
    operation = case.operation
    kinds = {option.name: option for option in operation.options}
    form = _form(case.op, notes) or of_style(claim.style, operation)
    arrays, words = [name for name in case.array_shapes if name != "b"], {}
    for name, value in case.call_options.items():
        if name in claim.options or name in operation.derived or (name in kinds and kinds[name].default is ...):
            try:
                words[name] = in_form(kinds[name], value, form, case.rank) if name in kinds else value
            except Unsupported:
                words[name] = value
    return f"{reached.function}({', '.join([*arrays, *_handed(words, 'b' in case.array_shapes, reached.binding)])})"


def _handed(words: Mapping[str, Any], bias: bool, binding: Binding | None) -> list[str]:
    """Bias and options in the order and under the words of the author."""
    if binding is None:
        return [*(["b"] * bias), *(f"{name}={value!r}" for name, value in words.items())]
    texts = {name: repr(value) for name, value in words.items()} | ({"b": "b"} if bias else {})
    given = [texts.get(slot, repr(default)) for slot, default in binding.slots]
    placed = {slot for slot, _ in binding.slots}
    if bias and "b" not in placed:
        given.append(f"{binding.bias_word}=b" if binding.bias_word else "b")
    return given + [f"{binding.words.get(n, n)}={text}" for n, text in texts.items() if n not in placed and n != "b"]


def _form(op: str, notes: Iterable[str]) -> Form | None:
    """The form that the target's notes tell, where they do: "conv2d: stride, padding as one int (detected)"."""
    for note in notes:
        if not note.startswith(f"{op}: "):
            continue
        single = re.search(r"(?:^|; |: | and )([\w, ]+) as one int(?! per axis)", note)
        names = frozenset(single[1].replace(" ", "").split(",")) if single else frozenset()
        per_axis = "padding as one int per axis" in note
        pads: Pads = "ints" if per_axis else "pair" if "padding as one (lo, hi)" in note else "pairs"
        if names or pads != "pairs":
            return Form("int" if "padding" in names else pads, names - {"padding"})
    return None
