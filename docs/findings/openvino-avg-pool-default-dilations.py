import openvino as ov
from openvino import opset16 as ops

x = ops.parameter([1, 1, 6], ov.Type.f32)
y = ops.avg_pool(x, strides=[2], pads_begin=[0], pads_end=[0], kernel_shape=[2], exclude_pad=False)
print(list(y.output(0).shape), flush=True)
ov.compile_model(ov.Model([y], [x], "call"), "CPU")
print("compiled")
