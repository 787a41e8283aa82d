import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([1, 1, 2], ov.Type.i32)
w = ops.constant(np.ones((1, 1, 1), np.int32))
value = np.array([[[16777217, 1]]], np.int32)
for y in (
    ops.relu(x),
    ops.convolution(x, w, [1], [0], [0], [1]),
    ops.convolution_backprop_data(x, w, [1]),
    ops.reduce_max(x, np.array([2])),
    ops.max_pool(x, [1], [1], [0], [0], [2], "floor", "explicit", "i64", 2),
):
    print(y.get_type_name(), run(y, [x], value)[0].ravel())
x = ops.parameter([1, 2, 2], ov.Type.i32)
y = ops.max_pool(x, [1], [1], [0], [0], [2], "floor", "explicit", "i64", 2)
print("MaxPool of two channels", run(y, [x], np.repeat(value, 2, 1))[0].ravel())
