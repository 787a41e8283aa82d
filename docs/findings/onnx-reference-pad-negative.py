import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x, p = np.array([1, 2, 3], np.float32), np.array([-1, 1])
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[3] x, int64[2] p) => (float[M] y) {
 y = Pad (x, p)
}"""
try:
    print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x, "p": p})[0].tolist())
except Exception as error:
    print(f"{type(error).__name__}: {error}")
