import numpy as np
from onnx import helper
from onnx.reference import ReferenceEvaluator


def run(operator, **values):
    """The result of one node, or the error."""
    names = [*values, "y"]
    node = helper.make_node(operator, names[:-1], ["y"])
    infos = [helper.make_tensor_value_info(name, 1, None) for name in names]
    model = helper.make_model(helper.make_graph([node], "call", infos[:-1], infos[-1:]), ir_version=10,
                              opset_imports=[helper.make_opsetid("", 22)])  # fmt: skip
    try:
        return ReferenceEvaluator(model).run(None, values)[0].tolist()
    except ValueError:
        return "ValueError"


x, b = np.array([[[1, 2]]], np.float32), np.array([10, 20, 30], np.float32)
print("Conv:", run("Conv", x=x, w=np.ones((2, 1, 1), np.float32), b=b))
print("ConvTranspose:", run("ConvTranspose", x=x, w=np.ones((1, 2, 1), np.float32), b=b))
print("two kernel axes for one:", run("ConvTranspose", x=x, w=np.ones((1, 2, 1, 3), np.float32)))
