import numpy as np
import onnxruntime
from onnx import TensorProto, helper

options = onnxruntime.SessionOptions()
options.log_severity_level = 4
for operator in ("AveragePool", "MaxPool"):
    node = helper.make_node(operator, ["x"], ["y"], kernel_shape=[1], strides=[3], auto_pad="SAME_UPPER")
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
    model = helper.make_model(
        helper.make_graph([node], "pool", [x], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    try:
        print(operator, session.run(None, {"x": np.array([[[1, 2, 3, 4, 5]]], np.float32)})[0].tolist())
    except Exception as error:
        print(operator, str(error).rpartition("Message: ")[2])
