import mlx.core as mx
from mlx import nn

x, g = mx.array([-1.0, 0.0, 2.0]), mx.array([float("inf"), float("nan"), 7.0])
print(mx.vjp(nn.relu, [x], [g])[1][0].tolist())
