import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x, w = np.ones((1, 4, 1), np.float32), np.ones((4, 1, 1), np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 4, 1] x, float[4, 1, 1] w) => (float[M] y) {
 y = ConvTranspose <group = 2> (x, w)
}"""
try:
    print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x, "w": w})[0].tolist())
except Exception as error:
    print(f"{type(error).__name__}: {error}")
