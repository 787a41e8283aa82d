import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


for kind in (ov.Type.u8, ov.Type.i8, ov.Type.i32):
    x = ops.parameter([1, 1, 4], kind)
    y = ops.max_pool(x, [1], [1], [0], [0], [1], "floor", "explicit", "i64", 2)
    print(kind, run(y, [x], np.array([[[0, 0, 5, 0]]], kind.to_dtype()))[1])
