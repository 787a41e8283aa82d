import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 2, 3] x) => (float[M] y) {
 y = GlobalMaxPool (x)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
