import numpy as np
import onnxruntime
from onnx import TensorProto, helper

for p in (0, -1):
    node = helper.make_node("LpPool", ["x"], ["y"], kernel_shape=[1], p=p)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
    model = helper.make_model(
        helper.make_graph([node], "pool", [x], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    print("p =", p, "->", session.run(None, {"x": np.array([[[7.0]]], np.float32)})[0].tolist())
