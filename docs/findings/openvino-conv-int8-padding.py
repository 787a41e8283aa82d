import numpy as np
import openvino as ov
from openvino import opset16 as ops

x, w = np.full((1, 1, 1, 1, 1), 2), np.ones((2, 1, 2, 2, 2))
for dtype, kind in ((np.float32, ov.Type.f32), (np.int8, ov.Type.i8)):
    nodes = [ops.parameter(list(a.shape), kind) for a in (x, w)]
    model = ov.Model([ops.convolution(*nodes, [1] * 3, [4] * 3, [4] * 3, [1] * 3)], nodes, "call")
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    y = next(iter(compiled([x.astype(dtype), w.astype(dtype)]).values())).astype(int)
    for channel in y[0]:
        print(np.dtype(dtype).name, "the eight sums with the 2:", channel[3:5, 3:5, 3:5].ravel().tolist())
