import numpy as np
import onnxruntime
from onnx import TensorProto, helper

for kernel in (2, 1):
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2], auto_pad="SAME_UPPER")
    x, w, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xwy")
    model = helper.make_model(
        helper.make_graph([node], "deconv", [x, w], [y]), opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    given = {"x": np.array([[[1, 2, 3]]], np.float32), "w": np.ones((1, 1, kernel), np.float32)}
    print("kernel", kernel, "->", session.run(None, given)[0].tolist())
