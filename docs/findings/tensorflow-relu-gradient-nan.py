import numpy as np
import tensorflow as tf

x = tf.constant([-1.0, -1.0, 1.0])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.nn.relu(x)
print(tape.gradient(y, x, tf.constant([np.inf, np.nan, 1])).numpy().tolist())
