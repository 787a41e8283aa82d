import ml_dtypes
import numpy as np
import openvino as ov
from openvino import opset16 as ops

for dtype, kind in ((np.float32, ov.Type.f32), (ml_dtypes.bfloat16, ov.Type.bf16)):
    nodes = [ops.parameter([1, 1, 1, 4], kind), ops.parameter([1, 1, 1, 1], kind)]
    model = ov.Model([ops.convolution(*nodes, [1, 1], [0, 0], [0, 0], [1, 1])], nodes, "call")
    request = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    for value in (np.inf, np.nan):
        arrays = np.array([0, 0, 0, value], dtype).reshape(1, 1, 1, 4), np.ones((1, 1, 1, 1), dtype)
        request.infer([ov.Tensor(a.view(np.uint16), a.shape, kind) if kind == ov.Type.bf16 else a for a in arrays])
        y = request.get_output_tensor().data
        print(np.dtype(dtype).name, value, y.view(dtype).ravel().astype(float).tolist())
