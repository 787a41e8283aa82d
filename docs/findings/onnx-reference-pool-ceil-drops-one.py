import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.array([[[1, 2]]], np.float32)
MODEL = """<ir_version: 10, opset_import: ["" : 22]>
call (float[1, 1, 2] x) => (float[M] y) {
 y = MaxPool <kernel_shape = [1], strides = [2], pads = [0, 2], ceil_mode = 1> (x)
}"""
print(ReferenceEvaluator(onnx.parser.parse_model(MODEL)).run(None, {"x": x})[0].tolist())
