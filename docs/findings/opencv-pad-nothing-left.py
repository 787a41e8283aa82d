import cv2
import numpy as np
from onnx import helper, numpy_helper


def pad(x, pads):
    """The result of a network of one Pad."""
    stored = [numpy_helper.from_array(np.array(pads, np.int64), "pads")]
    given, y = (helper.make_tensor_value_info(n, 1, ["a", "b", f"{n}c"] if n == "y" else x.shape) for n in "xy")
    graph = helper.make_graph([helper.make_node("Pad", ["x", "pads"], ["y"])], "call", [given], [y], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    net.setInput(x)
    return net.forward()


for high in (-1, -2, -3):
    try:
        print(high, pad(np.ones((1, 1, 3), np.float32), [0, 0, 0, 0, 0, high]).shape)
    except cv2.error as error:
        print(high, error.err)
