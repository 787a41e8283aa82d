import numpy as np
import tensorflow as tf

for dtype in (tf.float32, tf.bfloat16):
    for value in (np.inf, np.nan):
        x = tf.cast(tf.reshape(tf.constant([0, 0, 0, value]), (1, 1, 4, 1)), dtype)
        y = tf.nn.conv2d(x, tf.ones((1, 1, 1, 1), dtype), 1, "VALID")
        print(dtype.name, value, tf.cast(y, tf.float32).numpy().ravel().tolist())
