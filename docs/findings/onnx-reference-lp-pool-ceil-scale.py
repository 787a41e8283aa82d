import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.array([[[3, 4, 5]]], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 3] x) => (float[M] y) {
 y = LpPool <kernel_shape = [2], strides = [2], p = 1, ceil_mode = 1> (x)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
