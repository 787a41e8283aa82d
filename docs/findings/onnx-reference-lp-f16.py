import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

node = helper.make_node("LpPool", ["x"], ["y"], kernel_shape=[2], p=2)
for kind, dtype in ((TensorProto.FLOAT, np.float32), (TensorProto.FLOAT16, np.float16)):
    ends = (helper.make_tensor_value_info(name, kind, None) for name in "xy")
    graph = helper.make_graph([node], "call", [next(ends)], [next(ends)])
    x = np.array([[[300, 400]]], dtype)
    print(np.dtype(dtype).name, ReferenceEvaluator(helper.make_model(graph)).run(None, {"x": x})[0].ravel().tolist())
