import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x, w, b = np.zeros((1, 2, 1), np.float32), np.zeros((2, 1, 1), np.float32), np.array([5, 7], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 2, 1] x, float[2, 1, 1] w, float[2] b) => (float[M] y) {
 y = ConvTranspose <group = 2> (x, w, b)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x, "w": w, "b": b})[0].tolist())
