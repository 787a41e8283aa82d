import cv2
import numpy as np
from onnx import helper, numpy_helper


def run(operator, x, *weights, outputs=("y",), **attributes):
    """The results of a network of one node."""
    names = ["x", *(f"w{i}" for i in range(len(weights)))]
    y = [helper.make_tensor_value_info(n, 11, [f"n{j}" for j in range(x.ndim)]) for i, n in enumerate(outputs)]
    stored = [numpy_helper.from_array(np.array(w, np.float32), n) for w, n in zip(weights, names[1:], strict=True)]
    node, given = (
        helper.make_node(operator, names, outputs, **attributes),
        helper.make_tensor_value_info("x", 11, x.shape),
    )
    graph = helper.make_graph([node], "call", [given], y, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    net.setInput(x)
    return net.forward(outputs)


values = np.array([[[1, 2, 3]]], np.float32)
for order in ("<f4", ">f4"):
    print(order, run("Relu", values.astype(order))[0].tolist())
