import ml_dtypes
import numpy as np
import openvino as ov
from openvino import opset16 as ops

TYPES = {np.float32: ov.Type.f32, np.float16: ov.Type.f16, ml_dtypes.bfloat16: ov.Type.bf16}
for dtype, kind in TYPES.items():
    least = ml_dtypes.finfo(dtype)
    x = np.array([[[least.smallest_subnormal, least.smallest_normal]]], dtype)
    for operation in (ops.relu, lambda node: ops.max_pool(node, [1], [1], [0], [0], [1])):
        node = ops.parameter([1, 1, 2], kind)
        model = ov.Model([operation(node)], [node], "call")
        request = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
        request.infer([ov.Tensor(x.view(np.uint16), x.shape, kind) if kind == ov.Type.bf16 else x])
        y = request.get_output_tensor().data.view(dtype)
        print(np.dtype(dtype).name, x.ravel().astype(float).tolist(), "->", y.ravel().astype(float).tolist())
