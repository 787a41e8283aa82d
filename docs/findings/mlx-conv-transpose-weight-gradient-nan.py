import mlx.core as mx
import numpy as np

mx.set_default_device(mx.cpu)
for stride in (1, 2):
    x, w = mx.ones((1, 3, 1)), mx.ones((1, 2, 1))
    g = np.ones((1, 2 + 2 * stride, 1), np.float32)
    g[0, 0] = np.nan  # the first output reads the first weight alone
    _, (gradient,) = mx.vjp(lambda w, x=x, stride=stride: mx.conv_transpose1d(x, w, stride), [w], [mx.array(g)])
    print("stride", stride, np.array(gradient).ravel())
