import ml_dtypes
import numpy as np
from onnx import helper
from onnx.reference import ReferenceEvaluator

x = np.ones((1, 1, 1024), np.float32)
node = helper.make_node("GlobalAveragePool", ["x"], ["y"])
infos = [helper.make_tensor_value_info(name, 1, None) for name in "xy"]
model = helper.make_model(helper.make_graph([node], "call", infos[:1], infos[1:]), ir_version=10,
                          opset_imports=[helper.make_opsetid("", 22)])  # fmt: skip
for dtype in (np.float16, ml_dtypes.bfloat16):
    y = ReferenceEvaluator(model).run(None, {"x": x.astype(dtype)})[0]
    print(y.dtype, float(y.item()))
