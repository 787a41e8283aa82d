import numpy as np
from onnx import helper
from onnx.reference import ReferenceEvaluator


def conv(x, **attributes):
    """A convolution with the kernel (1, 1)."""
    node = helper.make_node("Conv", ["x", "w"], ["y"], **attributes)
    infos = [helper.make_tensor_value_info(name, 1, None) for name in "xwy"]
    model = helper.make_model(helper.make_graph([node], "call", infos[:2], infos[2:]), ir_version=10,
                              opset_imports=[helper.make_opsetid("", 22)])  # fmt: skip
    w = np.ones((1, 1, 2), np.float32)
    return ReferenceEvaluator(model).run(None, {"x": np.array([[x]], np.float32), "w": w})[0].tolist()


print("dilation 2:", conv([1, np.nan, 3], dilations=[2]))
print("its two taps:", conv([1, 3]))
print("dilation 2, infinity:", conv([1, np.inf, 3], dilations=[2]))
