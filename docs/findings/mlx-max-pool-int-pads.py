import mlx.core as mx
from mlx import nn

mx.set_default_device(mx.cpu)
for dtype in (mx.int8, mx.int16, mx.int32, mx.int64, mx.float32):
    x = mx.array([[[-5], [-6]]], dtype=dtype)
    print(dtype, nn.MaxPool1d(2, 1, padding=1)(x).reshape(-1).tolist())
