import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.array([[[0, 1, 2, 3, 4]]], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 5] x) => (float[M] y, float[K] z) {
 y = MaxPool <kernel_shape = [3], strides = [2], auto_pad = "SAME_LOWER"> (x)
 z = MaxPool <kernel_shape = [3], strides = [2], auto_pad = "SAME_UPPER"> (x)
}"""
for y in ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x}):
    print(y.tolist())
