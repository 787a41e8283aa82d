import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.array([[[1, 2]]], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 2] x) => (float[M] y, float[K] z) {
 y = MaxPool <kernel_shape = [2], pads = [0, 1]> (x)
 z = MaxPool <kernel_shape = [2], pads = [0, 1], dilations = [1], strides = [1], ceil_mode = 1> (x)
}"""
for y in ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x}):
    print(y.tolist())
