"""Targets: from what a user names to an :class:`~cnnspec.implementation.Implementation`.

| target | what it is |
|---|---|
| ``reference`` | the built-in reference |
| ``mutant:NAME`` | the reference with one fault of the zoo |
| ``torch``, ``onnxruntime``, ``jax``, … | an installed framework, with options: ``torch?device=cuda:0`` |
| ``torch?python=/path/to/python`` | any of these that has a worker, loaded by another interpreter |
| ``package.module[:object]``, ``path/to/file.py[:object]`` | Python: a module, or an object with attributes |
| ``exec:COMMAND``, ``exec-once:COMMAND`` | a program in any language, over a protocol of JSON lines |
| ``cs231n:path/to/layers.py`` | the functions of the CS231n assignments |
| a Python object | a function, module, class, instance or dict, in this process |

One file per way of plugging in; each imports its framework when it is asked for and not before, and importing this
package loads no NumPy.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module, metadata
from importlib.util import find_spec

from cnnspec.adapters.schemes import schemed
from cnnspec.adapters.targets import check_options, resolve, split_options
from cnnspec.errors import TargetError
from cnnspec.implementation import Claims, Implementation
from cnnspec.operations import find

__all__ = ["FRAMEWORKS", "Framework", "known", "load"]


@dataclass(frozen=True, slots=True)
class Framework:
    """An installed framework as a target: the packages it needs, and the options that may follow its name."""

    needs: tuple[str, ...]
    options: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    """What to install for a package that is imported under another name."""


FRAMEWORKS = {
    "torch": Framework(("torch",), ("device",)),
    "onnxruntime": Framework(("onnxruntime", "onnx"), ("optimization", "weights", "pads")),
    "jax": Framework(("jax",), ("platform", "kernels", "shapes")),
    "tensorflow": Framework(("tensorflow",), ("api", "onednn")),
    "tinygrad": Framework(("tinygrad",), ("device", "kernels")),
    "mlx": Framework(("mlx",)),
    "onnx-reference": Framework(("onnx",), ("pads",)),
    "openvino": Framework(("openvino",), ("device", "weights")),
    "scipy": Framework(("scipy",), ("through",)),
    "opencv": Framework(("cv2", "onnx"), ("engine", "weights", "pads"), {"cv2": "opencv-python-headless"}),
}
"""Every framework by its target string; the file of that name in this folder plugs it in."""

BUILT_IN = ("reference",)


def known() -> list[tuple[str, str | None]]:
    """The frameworks that can be targets, each with its installed version, or ``None`` where it is not installed.

    Examples
    --------
    >>> [name for name, _ in known()][:3]
    ['torch', 'onnxruntime', 'jax']
    """
    return [(name, _version(framework)) for name, framework in FRAMEWORKS.items()]


def load(target: object, *, op: str | None = None) -> Implementation:
    """The functions and claims of ``target``.

    Parameters
    ----------
    target
        A target string, or a Python object: a function, module, class, instance or dict of functions.
    op
        The operation that a single function is (``"conv2d"``, or ``"conv"`` for every rank), where its name does not
        say so; of any other target, the only operation to take.  In a string: ``file.py:function?op=conv2d``.

    Returns
    -------
    Implementation
        Functions by spelled operation name, taking canonical arguments.

    Raises
    ------
    TargetError
        If the target cannot be found or imported, or has no function that is an operation.

    Examples
    --------
    >>> def conv2d(x, w, b=None, *, stride=1, padding=0): ...
    >>> load(conv2d).claims.operations["conv2d"].options
    ('stride', 'padding')
    """
    if isinstance(target, Implementation):
        return _only(target, op)
    if not isinstance(target, str):
        return _python(target, _name_of(target), op)
    if scheme := schemed(target):
        return _only(scheme.load(), op or scheme.op)
    name, options = split_options(target)
    if name in BUILT_IN or name.startswith("mutant:"):
        check_options(name, options)
        from cnnspec.adapters import builtin

        fault = name.partition(":")[2]
        return _only(builtin.mutant(fault) if fault else builtin.reference(), op)
    if name in FRAMEWORKS:
        check_options(name, options, *FRAMEWORKS[name].options)
        return _only(_framework(name, options), op)
    check_options(name, options, "op")
    return _python(resolve(name, known=(*BUILT_IN, *FRAMEWORKS)), target, op or options.get("op"))


def _python(target: object, name: str, op: str | None) -> Implementation:
    from cnnspec.adapters.python import implementation

    return implementation(target, name, op=op)


def _framework(name: str, options: dict[str, str]) -> Implementation:
    missing = [package for package in FRAMEWORKS[name].needs if find_spec(package) is None]
    if missing:
        there = ", ".join(other for other, version in known() if version) or "none"
        install = shlex.join(FRAMEWORKS[name].packages.get(package, package) for package in missing)
        raise TargetError(f"{name} needs {' and '.join(missing)}, which this environment does not have:"
                          f" {shlex.quote(sys.executable)} -m pip install {install} (installed frameworks: {there}; for"
                          f" a library in another environment: {name}?python=/path/to/python)")  # fmt: skip
    implementation: Implementation = import_module(f"cnnspec.adapters.{name.replace('-', '_')}").implementation(options)
    return implementation


def _version(framework: Framework) -> str | None:
    package = framework.needs[0]
    if any(find_spec(needed) is None for needed in framework.needs):
        return None
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # another distribution holds it, such as onnxruntime-gpu
        others = metadata.packages_distributions().get(package, [])
        return metadata.version(others[0]) if others else "unknown"


def _name_of(target: object) -> str:
    named = target if hasattr(target, "__name__") else type(target)
    module = getattr(named, "__module__", None)
    name = getattr(named, "__qualname__", getattr(named, "__name__", "object"))
    return name if module in (None, "builtins", "__main__") else f"{module}.{name}"


def _only(implementation: Implementation, op: str | None) -> Implementation:
    """``implementation``, or its part that is the operation ``op``."""
    if op is None:
        return implementation
    chosen = {n: f for n, f in implementation.functions.items() if op in (n, find(n)[0].name)}
    if not chosen:
        raise TargetError(f"{implementation.name} has no {op}; it has {', '.join(implementation.functions)}")
    claims = Claims({n: implementation.claims.operations[n] for n in chosen}, implementation.claims.dialects)
    return replace(implementation, functions=chosen, claims=claims)
