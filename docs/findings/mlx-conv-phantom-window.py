import mlx.core as mx

mx.set_default_device(mx.cpu)

x, w = mx.array([[[5.0]]]), mx.array([[[1.0], [100.0]]])
for stride in (1, 2, 3):
    try:
        print("stride", stride, mx.conv1d(x, w, stride).tolist())
    except ValueError:
        print("stride", stride, "ValueError")
