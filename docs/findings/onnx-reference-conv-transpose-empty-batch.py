import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x, w = np.ones((0, 1, 3), np.float32), np.ones((1, 1, 2), np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[0, 1, 3] x, float[1, 1, 2] w) => (float[M] y) {
 y = ConvTranspose (x, w)
}"""
try:
    print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x, "w": w})[0].tolist())
except Exception as error:
    print(f"{type(error).__name__}: {str(error)[:18]}")
