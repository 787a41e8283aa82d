import numpy as np
import onnxruntime
from onnx import TensorProto, helper

node = helper.make_node("Pad", ["x", "pads"], ["y"], mode="wrap")
x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
pads = helper.make_tensor_value_info("pads", TensorProto.INT64, [6])
model = helper.make_model(
    helper.make_graph([node], "pad", [x, pads], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
)
options = onnxruntime.SessionOptions()
options.log_severity_level = 4
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
for samples in (1, 0):
    try:
        given = {"x": np.ones((samples, 1, 2), np.float32), "pads": np.array([0, 0, 1, 0, 0, 1])}
        print(samples, "->", session.run(None, given)[0].shape)
    except Exception as error:
        print(samples, "->", str(error).rpartition("Message: ")[2])
