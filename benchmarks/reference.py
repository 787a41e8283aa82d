"""How fast the reference is, as ratios in one run on one thread: to PyTorch, ONNX's reference evaluator and SciPy.

    python benchmarks/reference.py [--repeat 5] [--json FILE]

Every number is the least of several runs in processor time, taken in turns, so that a busy machine changes little.
"""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported

import argparse
import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

import cnnspec as reference
from benchmarks.layers import GROWING, LAYERS, Layer, drawn

Timed = dict[str, Callable[[], Any]]
F64 = "torch f64"


LARGE = 1_000_000
"""Multiply-adds from which on a layer counts; below them a call's own cost does."""

LIMITS = {"conv": 1.2, "gradients": 1.2, "pools": 2.0, "memory": 3.0}

DRAWN = (60, 0)
"""How many layers are drawn at random, and the seed."""

POOLS = [
    ("ResNet-50", (1, 64, 112, 112), 3, {"stride": 2, "padding": 1}),
    ("VGG-16", (1, 128, 112, 112), 2, {"stride": 2}),
    ("3-d", (1, 32, 16, 24, 24), 2, {"stride": 2}),
]


def least(functions: Timed, repeat: int) -> dict[str, float]:
    """The least processor time of each function in seconds, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(repeat):
        for name, function in functions.items():
            start = time.process_time()
            function()
            times[name].append(time.process_time() - start)
    return {name: min(values) for name, values in times.items()}


def peak(function: Callable[[], Any], *arrays: Any) -> float:
    """The most memory that a call has in use beyond its arguments, in units of arguments and result together.

    In a thread of its own, which has no memory of earlier calls at hand.
    """
    with ThreadPoolExecutor(1) as pool:
        tracemalloc.start()
        result = pool.submit(function).result()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    held = sum(a.nbytes for a in arrays)
    return float((held + top) / (held + np.asarray(result).nbytes))


def forward_and_gradients(layer: Layer) -> Iterator[tuple[str, Timed, float]]:
    """For each result of a layer: who computes it, and the reference's peak memory."""
    import torch

    rng, rank = np.random.default_rng(0), len(layer.kernel)
    groups = layer.options.get("groups", 1)
    x = rng.standard_normal((layer.batch, layer.c, *layer.extents))
    w = rng.standard_normal((layer.o, layer.c // groups, *layer.kernel))
    tx, tw = torch.from_numpy(x), torch.from_numpy(w)
    sx, sw = tx.float(), tw.float()
    conv = getattr(torch.nn.functional, f"conv{rank}d")
    y = conv(tx, tw, **layer.options)
    g = rng.standard_normal(tuple(y.shape))
    tg = torch.from_numpy(g)
    sg = tg.float()
    grads = torch.nn.grad
    by_input, by_weight = getattr(grads, f"conv{rank}d_input"), getattr(grads, f"conv{rank}d_weight")
    back = getattr(torch.nn.functional, f"conv_transpose{rank}d")
    options = layer.options

    def ours() -> Any:
        return reference.conv(x, w, **options)

    timed: Timed = {
        "reference": ours,
        F64: lambda: conv(tx, tw, **options),
        "torch f32": lambda: conv(sx, sw, **options),
    }
    if groups == 1 and set(options) <= {"padding"}:
        timed["scipy"] = lambda: _scipy(x, w, options.get("padding", 0))
    timed["onnx"] = _onnx(x, w, options)
    yield "forward", timed, peak(ours, x, w)

    def input_grad() -> Any:
        return reference.conv_input_grad(g, w, input_size=layer.extents, **options)

    yield (
        "input gradient",
        {
            "reference": input_grad,
            F64: lambda: by_input(x.shape, tw, tg, **options),
            "torch f32": lambda: by_input(x.shape, sw, sg, **options),
        },
        peak(input_grad, g, w),
    )

    def weight_grad() -> Any:
        return reference.conv_weight_grad(g, x, kernel_size=layer.kernel, **options)

    yield (
        "weight gradient",
        {
            "reference": weight_grad,
            F64: lambda: by_weight(tx, w.shape, tg, **options),
            "torch f32": lambda: by_weight(sx, w.shape, sg, **options),
        },
        peak(weight_grad, g, x),
    )

    def transposed() -> Any:
        return reference.conv_transpose(g, w, **options)

    yield (
        "transposed",
        {
            "reference": transposed,
            F64: lambda: back(tg, tw, **options),
            "torch f32": lambda: back(sg, sw, **options),
        },
        peak(transposed, g, w),
    )


def _scipy(x: Any, w: Any, padding: int) -> Any:
    """SciPy's way to a layer: one correlation over channels and positions for each output channel."""
    from scipy import signal

    pads = [(0, 0)] + [(padding, padding)] * (x.ndim - 2)
    first = np.pad(x[0], pads)
    return np.stack([signal.correlate(first, kernel, mode="valid")[0] for kernel in w])


def _onnx(x: Any, w: Any, options: dict[str, int]) -> Callable[[], Any]:
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    rank = x.ndim - 2
    pads = [options.get("padding", 0)] * (2 * rank)
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=w.shape[2:], pads=pads,
                            strides=[options.get("stride", 1)] * rank, dilations=[options.get("dilation", 1)] * rank,
                            group=options.get("groups", 1))  # fmt: skip
    infos = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, a.shape) for n, a in (("x", x), ("w", w))]
    graph = helper.make_graph([node], "conv", infos, [helper.make_empty_tensor_value_info("y")])
    evaluator = ReferenceEvaluator(helper.make_model(graph))
    return lambda: evaluator.run(None, {"x": x, "w": w})


def pools(shape: tuple[int, ...], k: int, options: dict[str, int]) -> Iterator[tuple[str, Timed, float]]:
    """Pools and their gradients; a gradient takes the input alone, and so PyTorch's has the forward call in it."""
    import torch

    rank, x = len(shape) - 2, np.random.default_rng(0).standard_normal(shape)
    tx = torch.from_numpy(x)
    for kind in ("max", "avg"):
        ours, theirs = getattr(reference, f"{kind}_pool"), getattr(torch.nn.functional, f"{kind}_pool{rank}d")
        back = getattr(reference, f"{kind}_pool_input_grad")
        g = np.random.default_rng(1).standard_normal(tuple(theirs(tx, k, **options).shape))
        tg, leaf = torch.from_numpy(g), tx.clone().requires_grad_()
        forward = partial(ours, x, kernel_size=k, **options)
        yield f"{kind} pool", {"reference": forward, F64: partial(theirs, tx, k, **options)}, peak(forward, x)
        backward = partial(back, g, x, kernel_size=k, **options)
        both = partial(_forward_and_back, theirs, leaf, k, options, tg)
        yield f"{kind} pool, gradient", {"reference": backward, F64: both}, peak(backward, g, x)


def _forward_and_back(pool: Callable[..., Any], x: Any, k: int, options: dict[str, int], g: Any) -> Any:
    import torch

    return torch.autograd.grad(pool(x, k, **options), x, g)


def small() -> dict[str, float]:
    """Seconds of a call of the size that the generator draws, the reference's own."""
    rng = np.random.default_rng(0)
    x, w, g = (rng.standard_normal(s) for s in ((2, 3, 7, 8), (4, 3, 3, 2), (2, 4, 3, 4)))
    options = {"stride": 2, "padding": ((1, 0), (0, 1))}
    calls: Timed = {
        "conv": lambda: reference.conv(x, w, **options),
        "conv_input_grad": lambda: reference.conv_input_grad(g, w, input_size=(7, 8), **options),
        "conv_weight_grad": lambda: reference.conv_weight_grad(g, x, kernel_size=(3, 2), **options),
        "conv_transpose": lambda: reference.conv_transpose(g, w, stride=2),
        "max_pool": lambda: reference.max_pool(x, kernel_size=2),
        "max_pool_with_indices": lambda: reference.max_pool_with_indices(x, kernel_size=2),
        "avg_pool": lambda: reference.avg_pool(x, kernel_size=2),
    }
    many = {name: partial(_times, call, 100) for name, call in calls.items()}
    return {name: seconds / 100 for name, seconds in least(many, 5).items()}


def growth(repeat: int) -> list[dict[str, Any]]:
    """What a multiply-add costs as extents and channels grow: nanoseconds here, and the ratio to PyTorch."""
    rows = []
    for what, layers in GROWING.items():
        for layer in layers:
            _, timed, _ = next(iter(forward_and_gradients(layer)))
            times = least({name: timed[name] for name in ("reference", F64)}, repeat)
            of = times["reference"] / times[F64]
            rows.append({"growing": what, "text": layer.text, "ns": times["reference"] / layer.work * 1e9, "of": of})
    return rows


def at_random(repeat: int) -> Iterator[dict[str, Any]]:
    """The ratios to PyTorch of each layer that is drawn, and the most memory."""
    for layer in drawn(*DRAWN):
        ratios, most = {}, 0.0
        for result, timed, memory in forward_and_gradients(layer):
            times = least({name: timed[name] for name in ("reference", F64)}, repeat)
            ratios[result] = times["reference"] / times[F64]
            most = max(most, memory)
        yield {"text": layer.text, "multiply_adds": layer.work, "of": ratios, "memory": most}


def _times(call: Callable[[], Any], count: int) -> None:
    for _ in range(count):
        call()


def measured(repeat: int) -> Iterator[dict[str, Any]]:
    """One row for each result of each layer and pool."""
    for layer in LAYERS:
        for result, timed, memory in forward_and_gradients(layer):
            yield _row(layer.name, layer.text, result, layer.work, least(timed, repeat), memory)
    for name, shape, k, options in POOLS:
        said = "".join(f", {n} {v}" for n, v in options.items())
        text = f"{shape[1]}, {'x'.join(map(str, shape[2:]))}, kernel {k}{said}"
        for result, timed, memory in pools(shape, k, options):
            yield _row(name, text, result, 0, least(timed, repeat), memory)


def _row(name: str, text: str, result: str, work: int, times: dict[str, float], memory: float) -> dict[str, Any]:
    ours = times.pop("reference")
    return {"layer": name, "text": text, "result": result, "multiply_adds": work, "ms": ours * 1e3, "memory": memory,
            "of": {other: ours / seconds for other, seconds in times.items()}}  # fmt: skip


def worst(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The largest ratios to PyTorch in float64, and the most memory."""
    layers = [row for row in rows if row["multiply_adds"] > LARGE]
    return {
        "conv": max(row["of"][F64] for row in layers if row["result"] == "forward"),
        "gradients": max(row["of"][F64] for row in layers if row["result"] != "forward"),
        "pools": max(row["of"][F64] for row in rows if "pool" in row["result"]),
        "memory": max(row["memory"] for row in rows),
    }


def _lines(value: Any) -> str:
    """A value as JSON; of a list each item on a line of its own."""
    return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]" if isinstance(value, list) else json.dumps(value)


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    import onnx
    import scipy
    import torch

    torch.set_num_threads(1)
    versions = {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "onnx": onnx.__version__,
        "scipy": scipy.__version__,
    }
    print(", ".join(f"{name} {version}" for name, version in versions.items()), "on one thread")
    rows = []
    for row in measured(arguments.repeat):
        rows.append(row)
        ratios = "  ".join(f"{ratio:.2f} of {name}" for name, ratio in row["of"].items())
        print(
            f"{row['text']:58} {row['result']:18} {row['ms']:8.2f} ms  {ratios}  memory {row['memory']:.2f}", flush=True
        )
    each, top, growing, random = small(), worst(rows), growth(arguments.repeat), list(at_random(arguments.repeat))
    for row in growing:
        print(f"{row['text']:58} {row['ns']:.4f} ns a multiply-add  {row['of']:.2f} of torch f64")
    for row in random:
        ratios = "  ".join(f"{result} {ratio:.2f}" for result, ratio in row["of"].items())
        print(f"{row['text']:76} {row['multiply_adds'] / 1e6:6.1f} M  {ratios}  memory {row['memory']:.2f}")
    for result in random[0]["of"]:
        found = [row["of"][result] for row in random]
        print(f"{result}: median {np.median(found):.2f}, 90 % {np.quantile(found, 0.9):.2f}, worst {max(found):.2f}")
    print("small calls: " + ", ".join(f"{name} {seconds * 1e6:.0f} us" for name, seconds in each.items()))
    for name, limit in LIMITS.items():
        print(f"{name}: at most {top[name]:.2f} (limit {limit})")
    if arguments.json:
        made = {**versions, "repeat": arguments.repeat, "rows": rows, "growth": growing, "drawn": random}
        made |= {"seed": DRAWN[1], "small": each, "worst": top}
        lines = (f" {json.dumps(name)}: {_lines(value)}" for name, value in made.items())
        arguments.json.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
