import tensorflow as tf

x, w = tf.reshape(tf.range(1.0, 6.0), (1, 1, 5, 1)), tf.ones((1, 2, 1, 1))
for n in (1, 1.9, 2):
    print("stride", n, tf.nn.conv2d(x, w, [1, n], "VALID").numpy().ravel().tolist())
    print("kernel", n, tf.nn.max_pool2d(x, [1, n], 1, "VALID").numpy().ravel().tolist())
    print("dilation", n, tf.nn.conv2d(x, w, 1, "VALID", dilations=[1, n]).numpy().ravel().tolist())
