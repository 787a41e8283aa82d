"""Plain Python as a target: a module, a file, a class, a dict or one function, found by name and read by signature.

What the author declares (:func:`cnnspec.adapters.claiming.claims`) is taken as said.  What is not declared is read
off the signature and found out by a few small calls; every such finding is a note, so that nobody has to guess what
was checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnspec.adapters.claiming import declared_for
from cnnspec.adapters.detection import Detective, Probing, last_error, unreached
from cnnspec.adapters.fitting import NO_PADDING, fitted
from cnnspec.adapters.habits import without_habits
from cnnspec.adapters.layer_gradients import gradients
from cnnspec.adapters.layers import BACKWARD, layer_function
from cnnspec.adapters.lookup import Found, operations_of
from cnnspec.adapters.names import assignment, meant, written
from cnnspec.adapters.parameters import gathered
from cnnspec.adapters.signatures import Binding, Mismatch, read
from cnnspec.adapters.styles import Form, adapt, of_style
from cnnspec.errors import TargetError, UsageError
from cnnspec.geometry import PAD_MODES
from cnnspec.implementation import Claims, Implementation, OperationClaims
from cnnspec.operations import find, spelled_names

WORDS = {"pad": PAD_MODES, "convolve": ("full", "same", "valid"), "cross_correlate": ("full", "same", "valid")}
"""The values of the option ``mode``, by operation."""


@dataclass
class Loaded:
    """What has been gathered so far."""

    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    claims: dict[str, OperationClaims] = field(default_factory=dict)
    dialects: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def implementation(target: Any, name: str, *, op: str | None = None) -> Implementation:
    """The functions of ``target`` that are operations, with their claims.

    Raises
    ------
    TargetError
        If there is none, or none that can be called as its operation is; the message says what is there.
    """
    loaded = Loaded()
    owner = _layer(target, op) or _instance(target, loaded.notes)
    for spelled, found in operations_of(owner, name, op, loaded.notes).items():
        try:
            _load_one(spelled, found, owner, loaded)
        except UsageError as error:
            raise TargetError(f"{name}: {spelled}: {error}") from None
    if not loaded.functions:
        notes = [*loaded.notes, *assignment(owner, name)]
        raise TargetError(f"{name} has no function that can be checked:\n  " + "\n  ".join(notes))
    loaded.notes += assignment(owner, name)
    words = f"{Probing.off}: no more was found out, and signatures were taken at their word"
    loaded.notes += [words] * bool(Probing.off)
    version = str(getattr(target, "__version__", ""))
    return Implementation(name, version, loaded.functions, Claims(loaded.claims, loaded.dialects), tuple(loaded.notes))


def _layer(target: Any, op: str | None) -> Callable[..., Any] | None:
    """A function out of a class that is a layer, and has no functions of operations itself."""
    if not isinstance(target, type) or any(written(target, spelled) for spelled in spelled_names()):
        return None
    wanted = op or meant(target.__name__)
    if wanted not in (*spelled_names(), *(find(spelled)[0].name for spelled in spelled_names())):
        return None
    function = layer_function(target, wanted)
    if function is not None:
        function.__name__ = wanted
    return function


def _instance(target: Any, notes: list[str]) -> Any:
    """An instance of a class that needs no arguments; anything else as it is."""
    if not isinstance(target, type):
        return target
    try:
        return target()
    except TypeError as error:
        notes.append(f"the class {target.__name__} is taken as it is, since making an instance raised {error};"
                     " an instance can be a target too")  # fmt: skip
        return target


def _load_one(spelled: str, found: Found, owner: Any, loaded: Loaded) -> None:
    """Add one function under one spelled name, or note why it is not."""
    notes: list[str] = []
    if problem := _loaded(spelled, found, owner, loaded, notes):
        notes = [f"{spelled} is not checked: {problem}"] * (not (found.nearly and found.shared))
    loaded.notes += notes


def _loaded(spelled: str, found: Found, owner: Any, loaded: Loaded, said: list[str]) -> str:
    """Add one function, and what is ``said`` of it; why it cannot be called as its operation is, if so."""
    operation, rank = find(spelled)
    function = gathered(found.function, spelled, said)
    declared = declared_for(*([owner] if owner is not found.function else []), function)
    function = fitted(function, spelled, declared, said)
    function = without_habits(function, spelled, said)
    try:
        binding = read(function, operation)
    except Mismatch as mismatch:
        return str(mismatch)
    without = ("padding",) if NO_PADDING in declared.get("limits", ()) else ()
    detective = Detective(function, operation, binding, without)
    forms = _forms(detective, rank, declared)
    right = [r for r, (_, fits) in forms.items() if fits]
    if not right and (problem := unreached(detective, rank or 2)):
        return problem
    if found.shared and not right and (found.beside or rank != 2):
        return f"{operation.name} gives no result of its shape there"
    ranks = tuple(sorted(right)) or ((2,) if operation.ranked else (1, 2, 3)) if rank is None else (rank,)
    chosen = rank or (ranks[0] if 2 not in ranks else 2)
    form, fits = forms[chosen]
    claim, notes = _claim(detective, form, chosen, declared)
    if not fits and "style" not in declared:
        problem = last_error(detective, chosen, form)
        notes.append(f"no form of options gave the right shape{f' ({problem})' if problem else ''}")
    if rank is None and len(ranks) < 3:
        axes = "axis" if ranks == (1,) else "axes"
        axes = axes if operation.chapter == "signal" else f"spatial {axes}"
        notes.append(f"{' and '.join(map(str, ranks))} {axes} alone (detected)")
    loaded.functions[spelled] = adapt(function, operation, spelled, binding, form, rank=rank, ranks=ranks)
    loaded.claims[spelled] = claim
    loaded.dialects.update(declared.get("dialects", {}))
    said += [f"{spelled}: {'; '.join(notes)}"] * bool(notes)
    if back := getattr(found.function, BACKWARD, ""):
        further, words = gradients(loaded.functions[spelled], spelled, claim, back)
        said.append(words)
        for name, (gradient, its_claim) in further.items():
            loaded.functions.setdefault(name, gradient)
            loaded.claims.setdefault(name, its_claim)
    return ""


def _forms(detective: Detective, rank: int | None, declared: Mapping[str, Any]) -> dict[int, tuple[Form, bool]]:
    """By rank, the form to use and whether the probe gave the right shape."""
    ranks = (1, 2, 3) if rank is None else (rank,)
    if "style" in declared:
        return {r: (of_style(declared["style"], detective.operation), True) for r in ranks}
    return {r: detective.find_form(r) for r in ranks}


def _claim(
    detective: Detective, form: Form, rank: int, declared: Mapping[str, Any]
) -> tuple[OperationClaims, list[str]]:
    """The claims of one function, and a note for each that was not declared and is less than everything."""
    operation, binding = detective.operation, detective.binding
    options = tuple(o.name for o in operation.options if o.name in binding.options or binding.any_option)
    _check_declared(declared, options, binding)
    options = tuple(name for name in options if name in declared.get("options", options))
    notes = list(binding.notes)
    if (form_note := form.describe(options)) and "style" not in declared:
        notes.append(f"{form_note} (detected)")
    dtypes = declared.get("dtypes")
    if dtypes is None:
        dtypes, note = detective.find_dtypes(rank, form)
        notes += [f"{note} (detected)"] * bool(note)
    choices = dict(declared.get("choices", {}))
    if "mode" in options and "mode" not in choices and operation.name in WORDS:
        choices |= _modes(detective, form, rank, notes)
    missing = [o.name for o in operation.options if o.name not in options]
    missing += ["bias"] * (bool(operation.optional) and declared.get("bias", binding.bias) == "no")
    notes += [f"not claimed: {', '.join(missing)}"] * bool(missing)
    claim = OperationClaims(
        options,
        dtypes=dtypes,
        padding=declared.get("padding", _padding(form, options)),
        bias=declared.get("bias", binding.bias),
        style=form.style(options),
        uniform=declared.get("uniform", False) or form.uniform(options),
        choices=choices,
        limits=declared.get("limits", ()),
        numerics=declared.get("numerics", {}),
        compiled=declared.get("compiled", False),
    )
    return claim, notes


def _check_declared(declared: Mapping[str, Any], options: tuple[str, ...], binding: Binding) -> None:
    """Refuse a declaration that the signature contradicts."""
    if absent := [name for name in declared.get("options", ()) if name not in options]:
        raise UsageError(f"the option {absent[0]} is claimed, and the function has no parameter for it")
    if declared.get("bias", "no") != "no" and binding.bias == "no":
        raise UsageError("a bias is claimed, and the function has no parameter for it")


def _padding(form: Form, options: tuple[str, ...]) -> Any:
    if "padding" not in options:
        return "none"
    return "asymmetric" if form.pads in ("pairs", "pair") else "symmetric"


def _modes(detective: Detective, form: Form, rank: int, notes: list[str]) -> dict[str, tuple[str, ...]]:
    """The modes to claim: those that do not raise, where any does not."""
    every = WORDS[detective.operation.name]
    working = detective.find_words("mode", every, rank, form)
    if not working or working == every:
        return {}
    notes.append(f"mode {', '.join(m for m in every if m not in working)} raises and is not claimed")
    return {"mode": working}
