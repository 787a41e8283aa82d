"""The three questions of the pages on differences, asked of each library that is installed, in its own words.

``python benchmarks/differences.py`` keeps the answers of libraries that are not installed here, and replaces the
others in ``docs/data/differences.json``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).parent.parent / "docs" / "data" / "differences.json"
SCHEMA = "cnnspec-differences-1"
SAME = ((5, 2, 1), (5, 4, 1), (6, 3, 2), (5, 1, 3))
"""Extent, kernel and stride of a convolution with the pads called same."""
MAXIMA = {
    "nan, 1": [math.nan, 1.0],
    "1, nan": [1.0, math.nan],
    "nan, nan": [math.nan] * 2,
    "-inf, -inf": [-math.inf] * 2,
}
"""Windows of two elements."""

Numbers = list[float]


class Library:
    """What a library can be asked; a question that it has no words for is left out."""

    def same(self, x: Any, w: Any, stride: int, word: str) -> Any:
        """A convolution with padding by word."""
        raise NotImplementedError

    words: tuple[str, ...] = ("same",)

    def ceil(self, x: Any, counted: bool) -> Any:
        """Average pooling: kernel 3, stride 2, one pad at each end, the ceil rule."""
        raise NotImplementedError

    def maximum(self, x: Any) -> Any:
        """The maximum over windows of two."""
        raise NotImplementedError


class Torch(Library):
    """PyTorch, through its functions."""

    package = "torch"

    def same(self, x: Any, w: Any, stride: int, word: str) -> Any:
        """The same, here."""
        import torch

        return torch.nn.functional.conv1d(torch.tensor(x), torch.tensor(w), stride=stride, padding="same")

    def ceil(self, x: Any, counted: bool) -> Any:
        """The same, here."""
        import torch

        return torch.nn.functional.avg_pool1d(torch.tensor(x), 3, 2, 1, True, counted)

    def maximum(self, x: Any) -> Any:
        """The same, here."""
        import torch

        return torch.nn.functional.max_pool1d(torch.tensor(x), 2)


class Jax(Library):
    """JAX, through `jax.lax`."""

    package, words = "jax", ("SAME", "SAME_LOWER")

    def same(self, x: Any, w: Any, stride: int, word: str) -> Any:
        """The same, here."""
        import jax

        return jax.lax.conv_general_dilated(x, w, (stride,), word)

    def maximum(self, x: Any) -> Any:
        """The same, here."""
        import jax

        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, 1, 2), (1, 1, 2), "VALID")


class TensorFlow(Library):
    """TensorFlow, channels last."""

    package, words = "tensorflow", ("SAME",)

    def same(self, x: Any, w: Any, stride: int, word: str) -> Any:
        """The same, here."""
        import tensorflow as tf

        y = tf.nn.conv1d(np.moveaxis(x, 1, 2), np.transpose(w, (2, 1, 0)), stride, word)
        return np.moveaxis(y.numpy(), 2, 1)

    def maximum(self, x: Any) -> Any:
        """The same, here."""
        import tensorflow as tf

        return tf.nn.max_pool1d(np.moveaxis(x, 1, 2), 2, 2, "VALID").numpy()


class Onnx(Library):
    """Whatever runs an ONNX model: ``run`` is given one, and the arrays by name."""

    words = ("SAME_UPPER", "SAME_LOWER")

    def run(self, model: Any, arrays: dict[str, Any]) -> Any:
        """Run a model."""
        raise NotImplementedError

    def node(self, operator: str, arrays: dict[str, Any], **attributes: Any) -> Any:
        """The result of one operator."""
        from onnx import helper

        given = [helper.make_tensor_value_info(k, 1, v.shape) for k, v in arrays.items()]
        node = helper.make_node(operator, [*arrays], ["y"], **attributes)
        graph = helper.make_graph([node], "one", given, [helper.make_empty_tensor_value_info("y")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        return self.run(model, arrays)

    def same(self, x: Any, w: Any, stride: int, word: str) -> Any:
        """The same, here."""
        return self.node("Conv", {"x": x, "w": w}, strides=[stride], auto_pad=word)

    def ceil(self, x: Any, counted: bool) -> Any:
        """The same, here."""
        more = {"kernel_shape": [3], "strides": [2], "pads": [1, 1], "ceil_mode": 1}
        return self.node("AveragePool", {"x": x}, count_include_pad=int(counted), **more)

    def maximum(self, x: Any) -> Any:
        """The same, here."""
        return self.node("MaxPool", {"x": x}, kernel_shape=[2], strides=[2])


class OnnxRuntime(Onnx):
    """ONNX Runtime's CPU kernels."""

    package = "onnxruntime"

    def run(self, model: Any, arrays: dict[str, Any]) -> Any:
        """Run a model."""
        import onnxruntime

        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, arrays)[0]


class OnnxReference(Onnx):
    """The evaluator that ships with ONNX."""

    package = "onnx"

    def run(self, model: Any, arrays: dict[str, Any]) -> Any:
        """Run a model."""
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(model).run(None, arrays)[0]


class OpenVino(Onnx):
    """OpenVINO on the CPU, in float32."""

    package = "openvino"

    def run(self, model: Any, arrays: dict[str, Any]) -> Any:
        """Run a model."""
        import openvino

        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        return openvino.compile_model(openvino.Core().read_model(model.SerializeToString()), "CPU", exact)(arrays)[0]


class SciPy(Library):
    """SciPy's signals and filters."""

    package = "scipy"

    def same(self, x: Any, w: Any, stride: int, word: str) -> Any:
        """The same, here."""
        from scipy import signal

        if stride > 1:
            raise NotImplementedError  # it moves by one
        return signal.correlate(x[0, 0], w[0, 0], "same", "direct")

    def maximum(self, x: Any) -> Any:
        """The same, here."""
        from scipy import ndimage

        return ndimage.maximum_filter(x[0, 0], 2, mode="nearest", origin=-1)[::2]


class Tinygrad(Library):
    """tinygrad."""

    package = "tinygrad"

    def ceil(self, x: Any, counted: bool) -> Any:
        """The same, here."""
        from tinygrad import Tensor

        pooled = Tensor(x[None]).avg_pool2d((1, 3), (1, 2), 1, (0, 1), ceil_mode=True, count_include_pad=counted)
        return pooled.numpy()

    def maximum(self, x: Any) -> Any:
        """The same, here."""
        from tinygrad import Tensor

        return Tensor(x[None]).max_pool2d((1, 2)).numpy()


class Mlx(Library):
    """MLX, channels last."""

    package = "mlx"

    def maximum(self, x: Any) -> Any:
        """The same, here."""
        import mlx.core as mx
        from mlx import nn

        return np.array(nn.MaxPool1d(2)(mx.array(np.moveaxis(x, 1, 2))))


LIBRARIES: dict[str, type[Library]] = {
    "torch": Torch, "jax": Jax, "tensorflow": TensorFlow, "onnxruntime": OnnxRuntime, "onnx-reference": OnnxReference,
    "openvino": OpenVino, "mlx": Mlx, "tinygrad": Tinygrad, "scipy": SciPy,
}  # fmt: skip


def answers(library: Library) -> dict[str, Any]:
    """What a library says to the three questions."""
    return {
        "version": _version(library.package),  # type: ignore[attr-defined]
        "same": [
            {
                "word": word,
                "extent": n,
                "kernel": k,
                "stride": s,
                "y": _ask(lambda a=(n, k, s, word): _same(library, *a)),
            }
            for word in library.words
            for n, k, s in SAME
        ],
        "ceil": {
            words: _ask(lambda c=counted: library.ceil(np.ones((1, 1, 4), np.float32), c))
            for words, counted in (("counted", True), ("left out", False))
        },
        "max": {
            words: _ask(lambda v=values: library.maximum(np.array([[v]], np.float32)))
            for words, values in MAXIMA.items()
        },
    }


def _version(package: str) -> str:
    """The installed version; the distribution may have another name, such as tensorflow-cpu."""
    names = metadata.packages_distributions().get(package, [package])
    return metadata.version(names[0])


def _same(library: Library, n: int, k: int, stride: int, word: str) -> Any:
    x = np.arange(1, n + 1, dtype=np.float32)[None, None]
    return library.same(x, (10.0 ** np.arange(k, dtype=np.float32))[None, None], stride, word)


def _ask(call: Callable[[], Any]) -> Numbers | str | None:
    """The numbers of an answer, the words of a refusal, or nothing where the library has no such function."""
    try:
        return [_plain(value) for value in np.asarray(call()).ravel().tolist()]
    except NotImplementedError:
        return None
    except Exception as error:  # noqa: BLE001  a refusal is an answer
        return str(error).strip().partition("\n")[0][:80] or type(error).__name__


def _plain(value: float) -> Any:
    return str(value) if value - value else round(value, 4)


def main() -> None:
    """Ask all that are installed, and write the file."""
    before = json.loads(FILE.read_text(encoding="utf-8"))["answers"] if FILE.exists() else {}
    found: dict[str, Any] = {}
    for name, library in LIBRARIES.items():
        try:
            __import__(library.package)  # type: ignore[attr-defined]
        except ImportError:
            found |= {name: before[name]} if name in before else {}
            continue
        found[name] = answers(library())
        print(name, json.dumps(found[name]))
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(data)}" for name, data in found.items())
    FILE.write_text(
        f'{{\n "schema": "{SCHEMA}",\n "date": "{datetime.now(UTC).date()}",\n "answers": {{\n{rows}\n }}\n}}\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
