import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([2], ov.Type.i32)
fill = ops.constant(np.int32(16777219))
print(run(ops.pad(x, np.array([1]), np.array([1]), "constant", fill), [x], np.array([16777217, -1], np.int32))[0])
