import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x, w = np.ones((1, 1, 3), np.float32), np.ones((1, 1, 2), np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 3] x, float[1, 1, 2] w) => (float[M] a, float[K] b, float[L] c) {
 a = ConvTranspose <dilations = [0]> (x, w)
 b = MaxPool <kernel_shape = [0], strides = [2]> (x)
 c = Conv <strides = [1, 7]> (x, w)
}"""
for y in ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x, "w": w}):
    print(y.tolist())
