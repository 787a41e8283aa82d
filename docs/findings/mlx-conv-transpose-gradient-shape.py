import mlx.core as mx

mx.set_default_device(mx.cpu)

x, w = mx.ones((1, 3, 1)), mx.ones((1, 2, 1))
for extra in (0, 1, 2):
    gradient = mx.grad(lambda x, extra=extra: mx.conv_transpose1d(x, w, 3, output_padding=extra).sum())(x)
    print("output_padding", extra, gradient.shape, gradient.reshape(-1).tolist())
