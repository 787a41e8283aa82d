import tensorflow as tf

x, w = tf.ones((1, 1, 1)), tf.reshape(tf.range(1.0, 4.0), (3, 1, 1))
for extent in (3, 4, 2, 1):
    try:
        print(extent, tf.nn.conv1d_transpose(x, w, (1, extent, 1), 2, "VALID").numpy().ravel().tolist())
    except (ValueError, tf.errors.OpError) as error:
        print(extent, type(error).__name__)
