"""The layers of the CS231n assignments as a target: ``cs231n:cs231n/layers.py``.

| operation | function of the assignment |
|---|---|
| ``conv2d`` | ``conv_forward_naive(x, w, b, conv_param) -> (out, cache)`` |
| the gradients of input, weights and bias | ``conv_backward_naive(dout, cache) -> (dx, dw, db)`` |
| ``max_pool2d`` | ``max_pool_forward_naive(x, pool_param) -> (out, cache)`` |
| ``max_pool2d_input_grad`` | ``max_pool_backward_naive(dout, cache) -> dx`` |
| ``relu`` | ``relu_forward(x) -> (out, cache)`` |
| ``relu_input_grad`` | ``relu_backward(dout, cache) -> dx`` |

``conv_param`` is ``{"stride": 1, "pad": 0}``, ``pool_param`` is ``{"pool_height": 2, "pool_width": 2, "stride": 2}``.
Other variants of the functions (``conv_forward_fast``, ``conv_forward_im2col`` …) are taken where the naive one is not
there, or where asked for: ``cs231n:cs231n.fast_layers?variant=fast``.

What the assignment does not ask for is not claimed: pads and strides that differ between axes or sides, a convolution
without bias.  The assignment lets poolings assume that the stride divides the extent: a remainder, which no window
reads, is cut off before the call.  A gradient is asked for as the assignment does: forward first, then backward.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnspec.adapters.detection import EQUAL, Detective, Failed, attempt, probe_case
from cnnspec.adapters.signatures import read
from cnnspec.adapters.styles import Form, adapt
from cnnspec.adapters.targets import check_options, resolve, split_options
from cnnspec.cases.arrays import make_arrays
from cnnspec.errors import TargetError, Unsupported
from cnnspec.implementation import Claims, Implementation, Observation, OperationClaims
from cnnspec.operations import find

if TYPE_CHECKING:
    from cnnspec.typing import Array, Shape

VARIANTS = ("naive", "fast", "im2col", "strides", "reshape", "")
FORWARD = {"conv2d": "conv_forward", "max_pool2d": "max_pool_forward", "relu": "relu_forward"}
CONV = Form("int", frozenset({"stride"}))
POOL = Form("pairs", frozenset({"stride"}))
NOTES = ("rows and columns that no window of a pooling reads are cut off before the call",)


def implementation(target: str) -> Implementation:
    """The functions of the assignments in a file or module, with their claims.

    Raises
    ------
    TargetError
        If the file cannot be imported, or none of the functions is there and written.
    """
    path, options = split_options(target)
    check_options(f"cs231n:{path}", options, "variant")
    wanted = options.get("variant")
    if wanted is not None and wanted not in VARIANTS:
        raise TargetError(f"cs231n: variant must be one of {', '.join(VARIANTS[:-1])}; got {wanted!r}")
    owner = resolve(path)
    notes: list[str] = []
    functions: dict[str, Callable[..., Any]] = {}
    claims: dict[str, OperationClaims] = {}
    for op, layer in layers(owner, wanted, notes).items():
        for spelled, function in calls(op, layer).items():
            form = Form() if op == "relu" else POOL if op == "max_pool2d" else CONV
            functions[spelled], claims[spelled] = _claimed(spelled, function, form, notes)
    if not functions:
        names = ", ".join(f"{name}_naive" if name != "relu_forward" else name for name in FORWARD.values())
        raise TargetError(f"cs231n:{path} has none of the functions of the assignments that is written:"
                          f" {names}{'; ' * bool(notes)}{'; '.join(notes)}")  # fmt: skip
    return Implementation(path, "", functions, Claims(claims), (*notes, *NOTES))


@dataclass(frozen=True, slots=True)
class Layer:
    """A forward function and its backward one, if that is there and written; with the names that they have."""

    forward: Callable[..., Any]
    name: str
    backward: Callable[..., Any] | None = None
    backward_name: str = ""
    divides: bool = False
    """Whether a convolution refuses extents that its stride does not divide."""

    def out(self, *arguments: Any) -> Any:
        """The result of the forward pass, or what it is instead."""
        result = self.forward(*arguments)
        return result[0] if isinstance(result, tuple) and len(result) == 2 else _no_pair(result, self.name)

    def gradients(self, dout: Array, *arguments: Any) -> Any:
        """What the backward pass returns after a forward pass on ``arguments``."""
        assert self.backward is not None
        result = self.forward(*arguments)
        if not isinstance(result, tuple) or len(result) != 2:
            return _no_pair(result, self.name)
        return self.backward(dout, result[1])


def layers(owner: Any, wanted: str | None, notes: list[str]) -> dict[str, Layer]:
    """The layers that are there and written, by operation; what is not is noted."""
    found: dict[str, Layer] = {}
    for op, stem in FORWARD.items():
        name = _named(owner, stem, wanted)
        if not name:
            continue
        layer = Layer(getattr(owner, name), name)
        if _unwritten(layer, op):
            notes.append(f"{name} is not written yet, and not checked")
            continue
        back = name.replace("forward", "backward")
        if callable(getattr(owner, back, None)):
            whole = Layer(layer.forward, name, getattr(owner, back), back)
            if _unwritten_backward(whole, op):
                notes.append(f"{back} is not written yet, and not checked")
            else:
                layer = whole
        if op == "conv2d" and _refuses_remainders(layer):
            notes.append(f"{name} raises where the stride does not divide the extent: not claimed (detected)")
            layer = replace(layer, divides=True)
        found[op] = layer
        others = [n for v in VARIANTS if (n := f"{stem}_{v}") != name and callable(getattr(owner, n, None))]
        if others:
            notes.append(f"{name} is checked, and not {', '.join(others)}: choose with ?variant=")
    return found


def _named(owner: Any, stem: str, wanted: str | None) -> str:
    names = [f"{stem}_{variant}".removesuffix("_") for variant in ((wanted, "") if wanted else VARIANTS)]
    return next((name for name in names if callable(getattr(owner, name, None))), "")


def _no_pair(result: Any, name: str) -> Observation:
    what = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
    return Observation("malformed", message=f"{what} from {name}, where the pair (out, cache) is expected")


def _unwritten(layer: Layer, op: str) -> bool:
    """Whether the exercise is as it was handed out: its ``out`` is ``None``."""
    return attempt(lambda: layer.out(*_example(op))) is None


def _refuses_remainders(layer: Layer) -> bool:
    x, w, b = _some((2, 3, 6, 7), float), _some((4, 3, 3, 2), float), _some((4,), float)
    fails = isinstance(attempt(lambda: layer.out(x, w, b, conv_param(2, 0))), Failed)
    return fails and not isinstance(attempt(lambda: layer.out(*_example("conv2d"))), Failed)


def _unwritten_backward(layer: Layer, op: str) -> bool:
    out = attempt(lambda: layer.out(*_example(op)))
    if isinstance(out, Failed) or not isinstance(out, np.ndarray):
        return False
    result = attempt(lambda: layer.gradients(np.ones_like(out), *_example(op)))
    return result is None or (isinstance(result, tuple) and all(part is None for part in result))


def _example(op: str) -> tuple[Any, ...]:
    """Arguments of a small call."""
    case = probe_case(find(op)[0], 2, ("kernel_size",), EQUAL, bias=op == "conv2d")
    param: dict[str, int] = {"conv2d": conv_param(1, 0), "max_pool2d": pool_param((2, 2), 2)}.get(op, {})
    return (*make_arrays(case).values(), *[param] * bool(param))


def conv_param(stride: int, pad: int) -> dict[str, int]:
    """The parameters of a convolution."""
    return {"stride": stride, "pad": pad}


def pool_param(kernel_size: Shape, stride: int) -> dict[str, int]:
    """The parameters of a pooling."""
    return {"pool_height": kernel_size[0], "pool_width": kernel_size[1], "stride": stride}


def calls(op: str, layer: Layer) -> dict[str, Callable[..., Any]]:
    """The operations that a layer is, as functions with options of the assignment's kind."""
    return {"conv2d": _conv, "max_pool2d": _max_pool, "relu": _relu}[op](layer)


def _relu(layer: Layer) -> dict[str, Callable[..., Any]]:
    def relu(x: Array) -> Any:
        return layer.out(x)

    def input_grad(grad_output: Array, x: Array) -> Any:
        return layer.gradients(grad_output, x)

    return {"relu": relu} if layer.backward is None else {"relu": relu, "relu_input_grad": input_grad}


def _conv(layer: Layer) -> dict[str, Callable[..., Any]]:
    def conv2d(x: Array, w: Array, b: Array, *, stride: int, padding: int) -> Any:
        check(x, w, stride, padding)
        return layer.out(x, w, b, conv_param(stride, padding))

    def input_grad(grad_output: Array, w: Array, *, input_size: Shape, stride: int, padding: int) -> Any:
        x = _some((grad_output.shape[0], w.shape[1], *input_size), w.dtype)
        return gradient(0, grad_output, x, w, stride, padding)

    def weight_grad(grad_output: Array, x: Array, *, kernel_size: Shape, stride: int, padding: int) -> Any:
        w = _some((grad_output.shape[1], x.shape[1], *kernel_size), x.dtype)
        return gradient(1, grad_output, x, w, stride, padding)

    def bias_grad(grad_output: Array) -> Any:
        if grad_output.ndim != 4:
            raise Unsupported("the assignment has two spatial axes")
        n, o, *extents = grad_output.shape
        x, w = _some((n, 1, *extents), grad_output.dtype), _some((o, 1, 1, 1), grad_output.dtype)
        return gradient(2, grad_output, x, w, 1, 0)

    def gradient(index: int, dout: Array, x: Array, w: Array, stride: int, pad: int) -> Any:
        check(x, w, stride, pad)
        b = _some(w.shape[:1], w.dtype)
        found = layer.gradients(dout, x, w, b, conv_param(stride, pad))
        if isinstance(found, tuple) and len(found) == 3:
            return found[index]
        words = f"{type(found).__name__} from {layer.backward_name}, where (dx, dw, db) is expected"
        return found if isinstance(found, Observation) else Observation("malformed", message=words)

    def check(x: Array, w: Array, stride: int, pad: int) -> None:
        rooms = [n + 2 * pad - k for n, k in zip(x.shape[2:], w.shape[2:], strict=False)]
        if layer.divides and stride > 0 and any(room % stride for room in rooms):
            raise Unsupported(f"{layer.name} wants extents that the stride divides")

    found: dict[str, Callable[..., Any]] = {"conv2d": conv2d}
    if layer.backward is not None:
        found |= {"conv2d_input_grad": input_grad}
        found |= {"conv2d_weight_grad": weight_grad}
        found |= {"conv_bias_grad": bias_grad}
    return found


def _some(shape: Shape, dtype: Any) -> Array:
    """Numbers that a gradient does not depend on, unlike one that looks at the wrong array."""
    return (np.arange(np.prod(shape)) % 7 - 3).reshape(shape).astype(dtype)


def _max_pool(layer: Layer) -> dict[str, Callable[..., Any]]:
    def max_pool2d(x: Array, *, kernel_size: Shape, stride: int) -> Any:
        return layer.out(_cut(x, kernel_size, stride), pool_param(kernel_size, stride))

    def input_grad(grad_output: Array, x: Array, *, kernel_size: Shape, stride: int) -> Any:
        read = _cut(x, kernel_size, stride)
        dx = layer.gradients(grad_output, read, pool_param(kernel_size, stride))
        if not isinstance(dx, np.ndarray) or dx.shape != read.shape or read.shape == x.shape:
            return dx
        whole = np.zeros(x.shape, dx.dtype)
        whole[:, :, : read.shape[2], : read.shape[3]] = dx
        return whole

    found: dict[str, Callable[..., Any]] = {"max_pool2d": max_pool2d}
    return found if layer.backward is None else {**found, "max_pool2d_input_grad": input_grad}


def _cut(x: Array, kernel_size: Shape, stride: int) -> Array:
    """The part of ``x`` that its windows reach over."""
    if min(*kernel_size, stride) < 1 or min(n - k for n, k in zip(x.shape[2:], kernel_size, strict=True)) < 0:
        raise Unsupported("the assignment speaks of no such window")
    rows, columns = (n - (n - k) % stride for n, k in zip(x.shape[2:], kernel_size, strict=True))
    return x[:, :, :rows, :columns]


def _claimed(
    spelled: str, function: Callable[..., Any], form: Form, notes: list[str]
) -> tuple[Callable[..., Any], OperationClaims]:
    """A function that takes canonical arguments, and what is claimed of it."""
    operation, rank = find(spelled)
    binding = read(function, operation)
    options: Mapping[str, None] = dict.fromkeys(o.name for o in operation.options if o.name in binding.options)
    detective = Detective(function, operation, binding)
    dtypes, note = detective.find_dtypes(rank or 2, form)
    if isinstance(detective.first(detective.case(2, EQUAL), form), Failed):
        dtypes, note = ("float64",), "float64 alone, since a small call raises"
    notes += [f"{spelled}: {note} (detected)"] * bool(note)
    claim = OperationClaims(
        tuple(options), dtypes, "symmetric" if "padding" in options else "none", binding.bias, form.style(options),
        uniform=form is CONV, limits=("one_stride",) * (form is POOL),
    )  # fmt: skip
    return adapt(function, operation, spelled, binding, form, rank=rank, ranks=(2,)), claim
