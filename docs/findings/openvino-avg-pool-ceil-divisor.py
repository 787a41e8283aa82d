import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([1, 1, 3], ov.Type.f32)
ones = np.ones((1, 1, 3), np.float32)
for pad, name in ((0, "without pads"), (2, "with 2 before")):
    y = ops.avg_pool(x, [2], [pad], [0], [2], False, "ceil_torch", "explicit", [1])
    print(name, run(y, [x], ones)[0])
