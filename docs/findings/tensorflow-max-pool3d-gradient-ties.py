import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf

for pool, shape in ((tf.nn.max_pool2d, (1, 2, 1, 1)), (tf.nn.max_pool3d, (1, 2, 1, 1, 1))):
    x = tf.zeros(shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = pool(x, [2, *shape[2:-1]], 1, "VALID")
    print(pool.__name__, tape.gradient(y, x).numpy().ravel())
