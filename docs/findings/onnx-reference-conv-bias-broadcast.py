import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x, w, b = np.ones((1, 1, 1), np.float32), np.ones((2, 1, 1), np.float32), np.array([5], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 1] x, float[2, 1, 1] w, float[1] b) => (float[M] y) {
 y = Conv (x, w, b)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x, "w": w, "b": b})[0].tolist())
