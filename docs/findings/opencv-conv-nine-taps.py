import cv2
import numpy as np
from onnx import helper, numpy_helper


def run(operator, x, *weights, outputs=("y",), **attributes):
    """The results of a network of one node."""
    names = ["x", *(f"w{i}" for i in range(len(weights)))]
    y = [helper.make_tensor_value_info(n, 1 + 6 * i, [f"n{j}" for j in range(x.ndim)]) for i, n in enumerate(outputs)]
    stored = [numpy_helper.from_array(np.array(w, np.float32), n) for w, n in zip(weights, names[1:], strict=True)]
    node, given = (
        helper.make_node(operator, names, outputs, **attributes),
        helper.make_tensor_value_info("x", 1, x.shape),
    )
    graph = helper.make_graph([node], "call", [given], y, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    net.setInput(x)
    return net.forward(outputs)


x = np.arange(1, 13, dtype=np.float32)
for kernel in (8, 9, 10):
    w = np.ones((2, 1, kernel))
    expected = np.convolve(x, w[0, 0], "valid")
    print(kernel, "taps:", run("Conv", x.reshape(1, 1, 12), w)[0][0, 0].tolist(), "expected", expected.tolist())
