import numpy as np
import onnxruntime
from onnx import TensorProto, helper

node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[1])
x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
model = helper.make_model(
    helper.make_graph([node], "pool", [x], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
for value in (np.nan, -np.inf):
    print(value, "->", session.run(None, {"x": np.array([[[value]]], np.float32)})[0].tolist())
