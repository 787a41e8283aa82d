import numpy as np
import openvino as ov
from openvino import opset16 as ops


def convolution(x, w, strides, low, high):
    """A float32 convolution on the CPU."""
    nodes = [ops.parameter(list(a.shape), ov.Type.f32) for a in (x, w)]
    model = ov.Model([ops.convolution(*nodes, strides, low, high, [1, 1])], nodes, "call")
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    return next(iter(ov.Core().compile_model(model, "CPU", settings)([x, w]).values()))


x = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 4, 1)
w = np.arange(1, 13, dtype=np.float32).reshape(1, 1, 4, 3)
for strides in ([1, 1], [1, 2], [1, 3]):
    print(strides, convolution(x, w, strides, [0, 2], [1, 0]).ravel().tolist())
