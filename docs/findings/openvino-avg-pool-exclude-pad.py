import numpy as np
import openvino as ov
from openvino import opset16 as ops

x = ops.parameter([1, 1, 1], ov.Type.f32)
for excluded in (False, True):
    try:
        y = ops.avg_pool(x, [3], [0], [1], [1], excluded, "floor", "explicit", [1])
        model = ov.Model(y.outputs(), [x], "call")
        print(excluded, ov.compile_model(model, "CPU")([np.ones((1, 1, 1), np.float32)])[0].tolist())
    except RuntimeError as error:
        print(excluded, str(error).splitlines()[2])
