import mlx.core as mx

mx.set_default_device(mx.cpu)
x, w = mx.ones((1, 2, 1)), mx.ones((1, 1, 1))
for extra in (-1, 0, 1, 3):
    y = mx.conv_transpose1d(x, w, stride=2, output_padding=extra)
    print("output_padding", extra, y.reshape(-1).tolist())
