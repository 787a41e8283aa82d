import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.array([[[0, 1, 2, 3]]], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 4] x) => (float[M] y, float[K] z) {
 y = AveragePool <kernel_shape = [2], dilations = [2], auto_pad = "VALID"> (x)
 z = AveragePool <kernel_shape = [2], dilations = [2]> (x)
}"""
for y in ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x}):
    print(y.tolist())
