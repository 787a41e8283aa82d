import mlx.core as mx
import numpy as np

mx.set_default_device(mx.cpu)

x = mx.array(np.array([[[16777217.0]]]), dtype=mx.float64)
w = mx.array(np.array([[[1.0]]]), dtype=mx.float64)
y = mx.conv1d(x, w)
print(y.dtype, int(x.item()), int((x * w).item()), int(y.item()))
