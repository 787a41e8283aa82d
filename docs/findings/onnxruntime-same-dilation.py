import numpy as np
import onnxruntime
from onnx import TensorProto, helper

for operator, more in (("MaxPool", {}), ("LpPool", {"p": 1})):
    node = helper.make_node(operator, ["x"], ["y"], kernel_shape=[2], dilations=[2], auto_pad="SAME_UPPER", **more)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
    model = helper.make_model(
        helper.make_graph([node], "pool", [x], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    print(operator, session.run(None, {"x": np.array([[[1, 2, 3, 4, 5]]], np.float32)})[0].tolist())
