import numpy as np
import onnxruntime
from onnx import TensorProto, helper

node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2])
x, y = (helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in "xy")
model = helper.make_model(
    helper.make_graph([node], "pool", [x], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
for values in ([np.nan, 1.0], [1.0, np.nan]):
    print(values, "->", session.run(None, {"x": np.array([[values]])})[0].tolist())
