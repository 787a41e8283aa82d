import jax.numpy as jnp
import jax.scipy.signal
import numpy as np
import scipy.signal

x, k = np.array([16777217, 1], np.int32), np.array([1], np.int32)
for name, convolve in (("scipy", scipy.signal.convolve), ("jax.scipy", jax.scipy.signal.convolve)):
    y = convolve(x, k)
    print(name, y.dtype, int(y[0]))
y = jnp.convolve(jnp.array(x), jnp.array(k))
print("jax.numpy", y.dtype, int(y[0]))
