import cv2
import numpy as np
from onnx import helper, numpy_helper


def pad(x, pads, value):
    """The result of a network of one Pad."""
    arrays = [numpy_helper.from_array(np.array(a, np.int64), n) for a, n in ((pads, "pads"), (value, "value"))]
    given, y = (helper.make_tensor_value_info(n, 7, x.shape) for n in "xy")
    node = helper.make_node("Pad", ["x", "pads", "value"], ["y"])
    graph = helper.make_graph([node], "call", [given], [y], arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model.SerializeToString(), np.uint8))
    net.setInput(x)
    return net.forward()


print(pad(np.array([[[2**53 + 5, 2**31]]]), [0, 0, 1, 0, 0, 0], 2**40).tolist())
