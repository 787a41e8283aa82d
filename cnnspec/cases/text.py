"""Reading and writing a case's one line."""

from __future__ import annotations

from typing import Any

from cnnspec.cases.case import DTYPES, SHORT, Case, option_text, option_value
from cnnspec.cases.fills import FILLS
from cnnspec.cases.layouts import LAYOUTS
from cnnspec.errors import CaseError, UsageError
from cnnspec.operations import Operation, find

PREFIXES = ("layout", "data", "set")


def format_case(case: Case) -> str:
    """The one line that says ``case``, defaults left out."""
    operation, rank = find(case.op)
    parts = []
    for name in operation.geometry:
        if name in case.shapes:
            parts.append(name if name in operation.optional else f"{name}={'x'.join(map(str, case.shapes[name]))}")
    complete: dict[str, Any] = {}
    for option in operation.options:
        value = complete[option.name] = case.options[option.name]
        if value != option.default_for(case.rank if rank is None else rank, complete):
            parts.append(f"{option.name}={option_text(option, value)}")
    parts.append(SHORT[case.dtype])
    if set(case.data) < set(case.array_shapes) or not case.data:
        parts.append(case.fill)
    parts += [f"seed={case.seed}"] * (case.seed != 0)  # it chooses laws' further calls too, where it fills nothing
    parts += [f"layout.{name}={layout}" for name, layout in case.layouts.items()]
    parts += [f"data.{name}={'_'.join(values)}" for name, values in case.data.items()]
    parts += [f"set.{name}={'_'.join(f'{i}.{v}' for i, v in pokes)}" for name, pokes in case.pokes.items()]
    return f"{case.op}:{','.join(parts)}"


def parse_case(text: str) -> Case:
    """The case that ``text`` says; raises :class:`~cnnspec.errors.CaseError` naming the part it cannot read."""
    op, colon, rest = text.strip().partition(":")
    if not colon:
        raise CaseError(f"a case reads OPERATION:PART,PART,…, for example conv2d:x=1x1x3x3,w=1x1x2x2,f64; got {text!r}")
    try:
        operation, _ = find(op)
    except UsageError as error:
        raise CaseError(str(error)) from None
    fields: dict[str, Any] = {"shapes": {}, "options": {}, "layouts": {}, "data": {}, "pokes": {}}
    for part in rest.split(","):
        try:
            _read(part, operation, fields)
        except (ValueError, KeyError, StopIteration):
            raise CaseError(f"cannot read {part!r} in the case {text!r}") from None
    shapes = fields.pop("shapes")
    if missing := [name for name in operation.geometry if name not in shapes and name not in operation.optional]:
        raise CaseError(f"the case {text!r} says no shape for {', '.join(missing)}")
    if "b" in shapes:
        shapes["b"] = (_out_channels(operation, shapes, fields["options"]),)
    return Case.build(op, shapes, fields.pop("options"), **fields)


def _read(part: str, operation: Operation, fields: dict[str, Any]) -> None:
    name, equals, value = part.partition("=")
    prefix, _, array = name.partition(".")
    if not equals:
        _read_word(name, operation, fields)
    elif prefix in PREFIXES and array in operation.arrays:
        _read_array(prefix, array, value, fields)
    elif name == "seed":
        fields["seed"] = int(value)
    elif name in operation.geometry:
        fields["shapes"][name] = tuple(int(item) for item in value.split("x"))
    else:
        fields["options"][name] = option_value(operation.option(name), value)


def _read_word(word: str, operation: Operation, fields: dict[str, Any]) -> None:
    if word in operation.optional:
        fields["shapes"][word] = ()
    elif word in DTYPES:
        fields["dtype"] = DTYPES[word]
    elif word.partition(":")[0] in FILLS:
        fields["fill"] = word
    else:
        raise ValueError(word)


def _read_array(prefix: str, array: str, value: str, fields: dict[str, Any]) -> None:
    if prefix == "layout":
        if value not in LAYOUTS:
            raise ValueError(value)
        fields["layouts"][array] = value
        return
    items = value.split("_")
    if prefix == "data":
        for item in items:
            complex(item)
        fields["data"][array] = tuple(items)
    else:
        pairs = [item.partition(".") for item in items]
        fields["pokes"][array] = tuple((int(index), item) for index, _, item in pairs)


def _out_channels(operation: Operation, shapes: dict[str, Any], options: dict[str, Any]) -> int:
    w = shapes["w"]
    return int(w[1]) * int(options.get("groups", 1)) if operation.transposed else int(w[0])
