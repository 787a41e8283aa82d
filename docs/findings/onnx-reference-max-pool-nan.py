import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.array([[[np.nan, 1, 2, np.nan]]], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 4] x) => (float[M] y, float[K] z) {
 y = MaxPool <kernel_shape = [2], strides = [2]> (x)
 z = MaxPool <kernel_shape = [2]> (x)
}"""
for y in ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x}):
    print(y.tolist())
