import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

x = np.ones((0, 2, 3, 3), np.float32)
for operator in ("GlobalMaxPool", "GlobalAveragePool"):
    model = f"""<ir_version: 10, opset_import: ["" : 22]>
call (float[0, 2, 3, 3] x) => (float[N, C, H, W] y) {{
 y = {operator} (x)
}}"""
    try:
        print(operator, ReferenceEvaluator(onnx.parser.parse_model(model)).run(None, {"x": x})[0].shape)
    except Exception as error:
        print(operator, type(error).__name__)
