import tensorflow as tf

for dtype in (tf.float32, tf.bfloat16):
    x = tf.zeros((17, 17), dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_mean(x)
    g = tape.gradient(y, x, tf.constant(3, dtype))
    found = set(tf.cast(g, tf.float64).numpy().ravel().tolist())
    print(dtype.name, found, "the nearest is", float(tf.cast(3 / 289, dtype)))
