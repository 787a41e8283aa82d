import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.array([[[1, np.nan, 3]]], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 3] x) => (float[M] y) {
 y = AveragePool <kernel_shape = [2]> (x)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
