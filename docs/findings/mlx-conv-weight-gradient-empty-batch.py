import mlx.core as mx

mx.set_default_device(mx.cpu)
for rank, conv in enumerate((mx.conv1d, mx.conv2d, mx.conv3d), start=1):
    x, w = mx.zeros((0, *(4,) * rank, 2)), mx.ones((3, *(2,) * rank, 2))
    g = conv(x, w)
    print(rank, "forward", g.shape)
    try:
        print(rank, "gradient", mx.vjp(lambda w, x=x, conv=conv: conv(x, w), [w], [g])[1][0].shape)
    except ValueError as error:
        print(rank, "gradient", error)
