"""Fixed tolerances against derived bounds: which correct results each rule rejects, which faulty ones it lets through.

    python benchmarks/tolerances.py [--seed 0] [--json FILE]

Correct float32 back ends (PyTorch, JAX and ONNX Runtime where they are installed, NumPy's float32 matrix product, and
sums one after the other, pairwise and in blocks) and faulty ones run on layers with different kinds of data; every
result is then judged by every rule.  A faulty result counts only where the fault changes it.  The last rule also has
the back end run the same layer on integers and on the precision ladder, as a check does.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from cnnspec.cases.fills import values
from cnnspec.numerics.bounds import sum_of_products
from cnnspec.numerics.precision import exact_limit, exact_range
from cnnspec.numerics.rounding import round_to
from cnnspec.numerics.simulated import conv as simulated
from cnnspec.reference.convolution import conv

Array = Any
Options = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """One call with its data, the exact result and $S$."""

    name: str
    data: str
    x: Array
    w: Array
    b: Array
    options: Options
    exact: Array
    size: Array

    @property
    def terms(self) -> int:
        """$K$, the bias included."""
        return prod(self.w.shape[1:]) + 1


SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...], Options]] = {
    "small": ((2, 3, 11, 9), (4, 3, 3, 2), {"stride": (2, 1), "padding": (1, 1)}),
    "wide": ((1, 64, 9, 8), (32, 64, 3, 3), {"padding": (1, 1)}),
    "deep": ((1, 512, 7, 6), (8, 512, 3, 3), {"padding": (1, 1)}),
    "pointwise": ((2, 256, 6, 5), (24, 256, 1, 1), {}),
    "dilated": ((1, 8, 17, 15), (6, 8, 5, 3), {"dilation": (2, 3), "padding": (4, 3)}),
}
DATA: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Array]] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "positive": lambda rng, shape: rng.random(shape),
    "times 1e-3": lambda rng, shape: rng.standard_normal(shape) * 1e-3,
    "cancelling": lambda rng, shape: (
        rng.standard_normal(shape) * np.where(np.arange(prod(shape)) % 2, 4096, 1).reshape(shape)
    ),
}


def made(name: str, data: str, x: Array, w: Array, b: Array, options: Options) -> Layer:
    """The layer with its exact result."""
    wide = [a.astype(np.float64) for a in (x, w, b)]
    return Layer(name, data, x, w, b, options, conv(*wide, **options), conv(*map(np.abs, wide), **options))


def layers(seed: int) -> Iterator[Layer]:
    """Every shape with every kind of data."""
    for s, (name, (x_shape, w_shape, options)) in enumerate(SHAPES.items()):
        for d, (data, draw) in enumerate(DATA.items()):
            rng = np.random.default_rng((seed, s, d))
            x, w, b = (draw(rng, shape).astype(np.float32) for shape in (x_shape, w_shape, w_shape[:1]))
            yield made(name, data, x, w, b, {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), **options})


def exact_twins(layer: Layer, seed: int) -> list[Layer]:
    """The same layer on the widest exact integers, and on a step of the precision ladder: 14 bits, few weights."""
    twins = []
    for fill in (f"ints:{exact_range(layer.terms, 'float32')}", "wide:14"):
        arrays = {
            name: values(fill, name, a.size, seed, np.dtype(np.float32)).reshape(a.shape)
            for name, a in (("x", layer.x), ("w", layer.w), ("b", layer.b))
        }
        twin = made(layer.name, fill, **arrays, options=layer.options)
        if twin.size.max() <= exact_limit("float32"):
            twins.append(twin)
    return twins


# --------------------------------------------------------------------------------------------------------- back ends


def _torch(layer: Layer) -> Array:
    import torch

    tensors = map(torch.from_numpy, (layer.x, layer.w, layer.b))
    return torch.nn.functional.conv2d(*tensors, **layer.options).numpy()


def _jax(layer: Layer) -> Array:
    import jax

    o = layer.options
    y = jax.lax.conv_general_dilated(
        layer.x, layer.w, o["stride"], [(p, p) for p in o["padding"]], rhs_dilation=o["dilation"]
    )
    return np.asarray(y + layer.b[:, None, None])


def _onnxruntime(layer: Layer) -> Array:
    run = _onnxruntime_target()
    pads = tuple((p, p) for p in layer.options["padding"])
    return run(layer.x, layer.w, layer.b, **{**layer.options, "padding": pads}, groups=1)


@cache
def _onnxruntime_target() -> Callable[..., Array]:
    from cnnspec.adapters import load

    return load("onnxruntime").functions["conv2d"]


def _matrix_product(layer: Layer) -> Array:
    """Windows as columns, NumPy's float32 matrix product, and then the bias."""
    (s0, s1), (p0, p1), (d0, d1) = (layer.options[name] for name in ("stride", "padding", "dilation"))
    xp = np.pad(layer.x, ((0, 0), (0, 0), (p0, p0), (p1, p1)))
    k0, k1 = layer.w.shape[2:]
    view = np.lib.stride_tricks.sliding_window_view(xp, ((k0 - 1) * d0 + 1, (k1 - 1) * d1 + 1), axis=(2, 3))
    view = view[:, :, ::s0, ::s1, ::d0, ::d1]  # (N, C, *m, *k)
    n, _, m0, m1 = view.shape[:4]
    columns = view.transpose(0, 2, 3, 1, 4, 5).reshape(n * m0 * m1, -1)
    y = columns @ layer.w.reshape(len(layer.w), -1).T + layer.b
    return y.reshape(n, m0, m1, -1).transpose(0, 3, 1, 2)


def _in_order(**numerics: str) -> Callable[[Layer], Array]:
    return lambda layer: simulated(layer.x, layer.w, layer.b, **layer.options, numerics=numerics)


CORRECT: dict[str, Callable[[Layer], Array]] = {
    **({"PyTorch": _torch} if find_spec("torch") else {}),
    **({"JAX": _jax} if find_spec("jax") else {}),
    **({"ONNX Runtime": _onnxruntime} if find_spec("onnxruntime") and find_spec("onnx") else {}),
    "NumPy's matrix product": _matrix_product,
    "one after the other": _in_order(),
    "pairwise": _in_order(depth="pairwise"),
    "blocks of 32": _in_order(depth="blocked:32"),
}


def _wrong(change: Callable[[Layer, Array], Array]) -> Callable[[Layer], Array]:
    return lambda layer: change(layer, _matrix_product(layer).copy())


def _with(**changes: Callable[[Layer], Array]) -> Callable[[Layer], Array]:
    """The result on changed arguments."""

    def run(layer: Layer) -> Array:
        values = {**layer.__dict__, **{name: change(layer) for name, change in changes.items()}}
        return _matrix_product(Layer(**values))

    return run


def _one_element(layer: Layer, y: Array) -> Array:
    y[-1, 1, -1, 0] += 1e-3 * np.sqrt(np.mean(layer.exact**2))
    return y


def _last_row(layer: Layer, y: Array) -> Array:
    y[:, :, -1] = y[:, :, -2]
    return y


def _without_last_tap(layer: Layer) -> Array:
    w = layer.w.copy()
    w[:, :, -1, -1] = 0
    return w


def _operands(name: str) -> dict[str, Callable[[Layer], Array]]:
    return {a: lambda layer, a=a: round_to(getattr(layer, a), name).astype(np.float32) for a in ("x", "w")}


FAULTY: dict[str, Callable[[Layer], Array]] = {
    "operands in TF32": _with(**_operands("tf32")),
    "operands in bfloat16": _with(**_operands("bfloat16")),
    "sums in float16": _in_order(accumulator="float16"),
    "sums in bfloat16": _in_order(accumulator="bfloat16"),
    "the last tap dropped": _with(w=_without_last_tap),
    "kernel flipped": _with(w=lambda layer: layer.w[:, :, ::-1, ::-1]),
    "channels swapped": _with(x=lambda layer: layer.x[:, np.r_[1, 0, 2 : layer.x.shape[1]]]),
    "bias ignored": _with(b=lambda layer: np.zeros_like(layer.b)),
    "last row repeats": _wrong(_last_row),
    "one element off by 1e-3 of the rms": _wrong(_one_element),
    "all zeros": _wrong(lambda layer, y: np.zeros_like(y)),
}

# ------------------------------------------------------------------------------------------------------------- rules


def _close(rtol: float, atol: float) -> Callable[[Layer, Array], bool]:
    def rule(layer: Layer, y: Array) -> bool:
        right = layer.exact.astype(np.float32).astype(np.float64)
        return bool((np.abs(y - right) <= atol + rtol * np.abs(right)).all())

    return rule


def _xla(layer: Layer, y: Array) -> bool:
    error, right = np.abs(y - layer.exact), np.abs(layer.exact)
    return bool(((error <= 1e-4) | (error <= 1e-3 * right)).all())


def _ordered(a: Array) -> Array:
    bits = np.ascontiguousarray(a, np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def _webnn(layer: Layer, y: Array) -> bool:
    distance = np.abs(_ordered(y) - _ordered(layer.exact))
    return bool((distance <= 2 * (layer.terms - 1)).all())


def _tosa(layer: Layer, y: Array) -> bool:
    k = layer.terms
    error = (y - layer.exact) * 2.0**24 / layer.size
    return bool((np.abs(error) <= 2 * k).all() and np.sum(error**2) <= 4 * 0.4 * k * error.size)


def _ours(layer: Layer, y: Array) -> bool:
    return bool((np.abs(y - layer.exact) <= sum_of_products(layer.exact, layer.size, layer.terms, "float32")).all())


RULES: dict[str, tuple[Callable[[Layer, Array], bool], str]] = {
    "PyTorch": (_close(1.3e-6, 1e-5), "torch.testing.assert_close, float32: rtol 1.3e-6, atol 1e-5"),
    "JAX": (_close(1e-6, 1e-6), "jax test_util default_tolerance, float32: rtol = atol = 1e-6"),
    "ONNX": (_close(1e-3, 1e-7), "onnx.backend.test default: rtol 1e-3, atol 1e-7"),
    "WebNN": (_webnn, "web-platform-tests webnn conv2d: 2K ULP"),
    "XLA": (_xla, "xla/tests/convolution_test: 1e-4 absolute or 1e-3 relative"),
    "TOSA": (_tosa, "TOSA reference model, dot product: |e| <= 2K and mean e^2 <= 1.6K in units of uS"),
    "bound B": (_ours, "cnnspec's bounded lane: the bound B of each element, on this data"),
}
EXACT = "cnnspec"
"""The rule that also looks at exact data."""


@dataclass(frozen=True)
class Verdicts:
    """How often each rule accepted each back end, and of how many results."""

    seed: int
    correct: dict[str, dict[str, int]]
    faulty: dict[str, dict[str, int]]

    @staticmethod
    def results(table: dict[str, dict[str, int]]) -> int:
        """How many results there are."""
        return sum(row["of"] for row in table.values())

    def rejected(self, rule: str) -> int:
        """Correct results that the rule rejects."""
        return sum(row["of"] - row[rule] for row in self.correct.values())

    def passed(self, rule: str) -> int:
        """Faulty results that the rule accepts."""
        return sum(row[rule] for row in self.faulty.values())


def bake_off(seed: int = 0) -> Verdicts:
    """Run every back end on every layer, and judge each result by every rule."""
    every = list(layers(seed))
    twins = [exact_twins(layer, seed + n) for n, layer in enumerate(every)]
    with np.errstate(all="ignore"):
        plain = [_matrix_product(layer) for layer in every]
        correct = {name: _judged(run, every, twins) for name, run in CORRECT.items()}
        faulty = {name: _judged(run, every, twins, plain) for name, run in FAULTY.items()}
    return Verdicts(seed, correct, faulty)


def _judged(
    run: Callable[[Layer], Array], every: list[Layer], twins: list[list[Layer]], unlike: list[Array] | None = None
) -> dict[str, int]:
    """How many results each rule accepts, of those that differ from ``unlike``."""
    row = dict.fromkeys(("of", *RULES, EXACT), 0)
    for n, layer in enumerate(every):
        y = np.asarray(run(layer))
        if unlike is not None and np.array_equal(y, unlike[n]):
            continue
        row["of"] += 1
        for rule, (accepts, _) in RULES.items():
            row[rule] += accepts(layer, y.astype(np.float64))
        exact = all(np.array_equal(np.asarray(run(twin), np.float64), twin.exact) for twin in twins[n])
        row[EXACT] += exact and _ours(layer, y.astype(np.float64))
    return row


HEADS = {
    "en": ("", "correct results rejected", "faulty results let through", "of"),
    "zh": ("", "误判为错的正确结果", "放过的错误结果", "总数"),
}
FAULTS: dict[str, dict[str, str]] = {
    "en": {},
    "zh": {
        "operands in TF32": "操作数用 TF32", "operands in bfloat16": "操作数用 bfloat16",
        "sums in float16": "用 float16 累加", "sums in bfloat16": "用 bfloat16 累加",
        "the last tap dropped": "漏掉最后一个抽头", "kernel flipped": "卷积核翻转", "channels swapped": "通道互换",
        "bias ignored": "忽略偏置", "last row repeats": "最后一行重复",
        "one element off by 1e-3 of the rms": "一个元素偏离均方根的 1e-3", "all zeros": "全零",
    },
}  # fmt: skip


def markdown(verdicts: Verdicts, language: str = "en") -> str:
    """The table of the documentation: a row for each fault, and the sums above."""
    _, rejected, passed, of = HEADS[language]
    rules = [*RULES, EXACT]
    correct, faulty = verdicts.results(verdicts.correct), verdicts.results(verdicts.faulty)
    lines = [f"| | {of} | " + " | ".join(rules) + " |", "|---|---|" + "---|" * len(rules)]
    lines.append(f"| **{rejected}** | {correct} | " + " | ".join(f"**{verdicts.rejected(r)}**" for r in rules) + " |")
    lines.append(f"| **{passed}** | {faulty} | " + " | ".join(f"**{verdicts.passed(r)}**" for r in rules) + " |")
    names = FAULTS[language]
    for name, row in verdicts.faulty.items():
        lines.append(f"| {names.get(name, name)} | {row['of']} | " + " | ".join(str(row[r]) for r in rules) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    verdicts = bake_off(arguments.seed)
    print(markdown(verdicts))
    print("\ncorrect back ends:", ", ".join(verdicts.correct))
    for name, accepted in verdicts.correct.items():
        print(f"  {name:24} rejected by", {rule: accepted["of"] - accepted[rule] for rule in (*RULES, EXACT)})
    if arguments.json:
        arguments.json.write_text(json.dumps(verdicts.__dict__, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
