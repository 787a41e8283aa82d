import numpy as np
import tensorflow as tf

x = np.arange(1, 9, dtype=np.float32).reshape(2, 4, 1, 1)
w = np.array([1, 10, 100], np.float32).reshape(1, 3, 1, 1)
for stride in (1, 2):
    y = tf.nn.conv2d(x, w, (1, 1, stride, 1), [[0, 0], [0, 0], [1, 1], [0, 0]])
    print("stride", stride, "equal to 10 x:", (y.numpy() == 10 * x).ravel().tolist())
