import numpy as np
import onnxruntime
from onnx import TensorProto, helper

for stride in (2, 1):
    node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2], strides=[stride])
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
    model = helper.make_model(
        helper.make_graph([node], "pool", [x], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    print("stride", stride, "->", session.run(None, {"x": np.array([[[7.0]]], np.float32)})[0].tolist())
