"""What a certificate costs, as ratios in one run on one thread: to PyTorch's own float32 layer, and to float64.

    python benchmarks/certificate.py [--batch 8] [--repeat 15] [--json FILE]

Every number is the least of several runs in processor time, certificate and layer taken in turns, so that a busy
machine changes little: the float32 layer and its certificate, as in use, and then float64 and the certificate.
"""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported

import argparse
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import cnnspec

LAYERS = [
    # input and output channels, extent, kernel, stride
    (64, 64, 56, 3, 1),
    (128, 128, 28, 3, 1),
    (256, 256, 14, 3, 1),
    (512, 512, 7, 3, 1),
    (128, 128, 56, 3, 2),
    (256, 64, 56, 1, 1),
    (64, 256, 56, 1, 1),
    (3, 64, 112, 7, 2),
]
TARGETS = {"torch": 0.25, "float64": 0.05, "memory": 1.5}
"""The most that a certificate of a 3×3 layer with 64 channels and more may cost."""


def least(functions: dict[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """The least processor time of each function in seconds, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeat):
        for name, function in functions.items():
            start = time.process_time()
            function()
            times[name].append(time.process_time() - start)
    return {name: min(values) for name, values in times.items()}


def measure(layer: tuple[int, int, int, int, int], batch: int, repeat: int) -> dict[str, Any]:
    """One layer: times and memory of its three results and their certificates."""
    import torch

    c, o, n, k, s = layer
    p = k // 2
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, c, n, n), dtype=np.float32)
    w = rng.standard_normal((o, c, k, k), dtype=np.float32)
    tx, tw = torch.from_numpy(x), torch.from_numpy(w)
    conv = torch.nn.functional.conv2d
    y = conv(tx, tw, stride=s, padding=p).numpy()
    g = rng.standard_normal(y.shape, dtype=np.float32)
    tg, dx, dw, dg = torch.from_numpy(g), tx.double(), tw.double(), torch.from_numpy(g).double()
    grad = torch.nn.grad
    gx = grad.conv2d_input(x.shape, tw, tg, stride=s, padding=p).numpy()
    gw = grad.conv2d_weight(tx, w.shape, tg, stride=s, padding=p).numpy()
    options = {"stride": s, "padding": p, "trials": 1, "exact": False}
    kinds: dict[str, tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]] = {
        "forward": (
            lambda: conv(tx, tw, stride=s, padding=p),
            lambda: conv(dx, dw, stride=s, padding=p),
            lambda: cnnspec.certify_conv(x, w, y, **options),
        ),
        "input gradient": (
            lambda: grad.conv2d_input(x.shape, tw, tg, stride=s, padding=p),
            lambda: grad.conv2d_input(x.shape, dw, dg, stride=s, padding=p),
            lambda: cnnspec.certify_conv_input_grad(g, w, gx, **options),
        ),
        "weight gradient": (
            lambda: grad.conv2d_weight(tx, w.shape, tg, stride=s, padding=p),
            lambda: grad.conv2d_weight(dx, w.shape, dg, stride=s, padding=p),
            lambda: cnnspec.certify_conv_weight_grad(g, x, gw, **options),
        ),
    }
    row: dict[str, Any] = {"shape": layer, "layer": f"{c} to {o}, {n}x{n}, kernel {k}x{k}, stride {s}, batch {batch}"}
    tensors = x.nbytes + w.nbytes + y.nbytes
    for name, (single, double, certify) in kinds.items():
        assert certify(), name
        times = least({"torch": single, "certificate": certify}, repeat)
        double_times = least({"float64": double, "certificate": certify}, max(repeat // 3, 2))
        tracemalloc.start()
        certify()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        row[name] = {
            "torch_ms": times["torch"] * 1e3,
            "certificate_ms": times["certificate"] * 1e3,
            "of_torch": times["certificate"] / times["torch"],
            "of_float64": double_times["certificate"] / double_times["float64"],
            "memory": (tensors + peak) / tensors,
        }
    return row


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    rows = []
    print(f"torch {torch.__version__}, numpy {np.__version__}, one thread")
    print(f"{'layer':52} {'result':16} {'torch ms':>9} {'cert. ms':>9} {'/torch':>7} {'/float64':>9} {'memory':>7}")
    for layer in LAYERS:
        row = measure(layer, arguments.batch, arguments.repeat)
        rows.append(row)
        for name in ("forward", "input gradient", "weight gradient"):
            r = row[name]
            print(f"{row['layer']:52} {name:16} {r['torch_ms']:9.2f} {r['certificate_ms']:9.2f} {r['of_torch']:7.3f}"
                  f" {r['of_float64']:9.4f} {r['memory']:7.2f}", flush=True)  # fmt: skip
    wide = [row[kind] for row, (c, o, _, k, _) in zip(rows, LAYERS, strict=True) if k == 3 and min(c, o) >= 64
            for kind in ("forward", "input gradient", "weight gradient")]  # fmt: skip
    for name, key in (("torch", "of_torch"), ("float64", "of_float64"), ("memory", "memory")):
        print(f"3x3 layers with 64 channels and more: at most {max(r[key] for r in wide):.3f} of {name}"
              f" (limit {TARGETS[name]})")  # fmt: skip
    if arguments.json:
        made = {"torch": torch.__version__, "numpy": np.__version__, "batch": arguments.batch, "rows": rows}
        arguments.json.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
