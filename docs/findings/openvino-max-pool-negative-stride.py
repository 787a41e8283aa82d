import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([1, 1, 3], ov.Type.f32)
y = ops.max_pool(x, [-1], [1], [0], [0], [1], "floor", "explicit", "i64", 2)
print(run(y, [x], np.ones((1, 1, 3), np.float32))[0].shape)

x, w = ops.parameter([0, 1, 3], ov.Type.f32), ops.parameter([1, 1, 1], ov.Type.f32)
y = ops.convolution(x, w, [-1], [0], [0], [1])
print(run(y, [x, w], np.ones((0, 1, 3), np.float32), np.ones((1, 1, 1), np.float32))[0].shape)
