import numpy as np
import openvino as ov
from openvino import opset16 as ops

for n, mode in ((1, "reflect"), (0, "edge"), (0, "reflect")):
    x = ops.parameter([n, 1, 3], ov.Type.f32)
    try:
        y = ops.pad(x, np.array([0, 0, 1]), np.array([0, 0, 1]), mode)
        print(n, mode, ov.compile_model(ov.Model([y], [x], "call"), "CPU")([np.ones((n, 1, 3), np.float32)])[0].shape)
    except RuntimeError as error:
        print(n, mode, next(line for line in str(error).splitlines() if "REFLECT" in line).partition(" failed")[0])
