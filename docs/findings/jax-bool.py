import jax
import jax.numpy as jnp

x, w = jnp.ones((1, 1, 3), bool), jnp.ones((1, 1, 2), bool)
y = jax.lax.conv_general_dilated(x, w, (1,), [(0, 0)])
print(y.dtype, y.ravel().tolist())
