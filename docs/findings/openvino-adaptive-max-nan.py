import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([1, 1, 2], ov.Type.f32)
for value in ([np.nan, 1], [1, np.nan]):
    y = ops.adaptive_max_pool(x, np.array([1]), "i32")
    print(value, run(y, [x], np.array([[value]], np.float32))[0])
