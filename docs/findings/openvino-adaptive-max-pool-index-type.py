import numpy as np
import openvino as ov
from openvino import opset16 as ops


def run(y, x, *values):
    """The results of a model on the CPU, in float32."""
    model = ov.Model(y.outputs(), x, "call")
    return ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(values)


x = ops.parameter([1, 1, 4], ov.Type.f32)
for kind in ("i32", "i64"):
    try:
        print(
            kind,
            run(ops.adaptive_max_pool(x, np.array([2]), kind), [x], np.arange(4, dtype=np.float32).reshape(1, 1, 4))[0],
        )
    except RuntimeError as error:
        print(kind, str(error).strip().splitlines()[-1])
