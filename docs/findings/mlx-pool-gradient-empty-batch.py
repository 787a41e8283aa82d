import mlx.core as mx
from mlx import nn

mx.set_default_device(mx.cpu)
for pool in (nn.MaxPool1d(3, 1), nn.AvgPool1d(3, 1), nn.MaxPool2d(2), nn.AvgPool2d(2)):
    x = mx.zeros((0, *(4,) * (1 + isinstance(pool, nn.MaxPool2d | nn.AvgPool2d)), 2))
    y = pool(x)
    try:
        print(type(pool).__name__, y.shape, mx.vjp(pool, [x], [y])[1][0].shape)
    except ValueError as error:
        print(type(pool).__name__, y.shape, error)
