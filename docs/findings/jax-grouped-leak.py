import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
for dtype in (jnp.float32, jnp.float64):
    x, w = jnp.array([[[jnp.inf], [0.0]]], dtype), jnp.zeros((2, 1, 1), dtype)
    y = jax.lax.conv_general_dilated(x, w, (1,), [(0, 0)], feature_group_count=2)
    print(dtype.__name__, y.ravel().tolist())
