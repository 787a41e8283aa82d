import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([0, 1, 3], ov.Type.f32)
w = ops.constant(np.ones((1, 1, 2), np.float32))
print("Convolution", run(ops.convolution(x, w, [1], [0], [0], [1]), [x], np.ones((0, 1, 3), np.float32))[0].shape)
try:
    ops.max_pool(x, [1], [1], [0], [0], [2], "floor", "explicit", "i64", 2)
except RuntimeError as error:
    print("MaxPool", str(error).strip().splitlines()[-1])
