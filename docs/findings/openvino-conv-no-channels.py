import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([1, 0, 64], ov.Type.f32)
w = ops.parameter([1, 0, 2], ov.Type.f32)
xs, ws = np.empty((1, 0, 64), np.float32), np.empty((1, 0, 2), np.float32)
y = ops.convolution(x, w, [1], [0], [0], [1])
junk = [np.random.default_rng(i).standard_normal(64).astype(np.float32) for i in range(500)]
del junk
print("every sum is 0:", not run(y, [x, w], xs, ws)[0].any())

x, w = ops.parameter([1, 2, 0], ov.Type.f32), ops.parameter([640, 2, 2], ov.Type.f32)
y = ops.convolution(x, w, [1], [0], [2], [1])
junk = [np.random.default_rng(i).standard_normal(640).astype(np.float32) for i in range(500)]
del junk
xs, ws = np.empty((1, 2, 0), np.float32), np.ones((640, 2, 2), np.float32)
print("so it is over padding alone:", not run(y, [x, w], xs, ws)[0].any())
