import mlx.core as mx

mx.set_default_device(mx.cpu)

x = mx.arange(1.0, 6).reshape(1, 5, 1)
for k in (1, 2, 3):
    y = mx.conv_transpose1d(x, mx.ones((1, k, 1)), stride=2, padding=1)
    print("k", k, "extent", (5 - 1) * 2 + k - 2, y.shape, y.reshape(-1).tolist())
