import jax
import jax.numpy as jnp

for extent, kernel, pads in ((2, 3, (1, 1)), (3, 6, (2, 3))):
    x, w = jnp.zeros((1, 1, extent)), jnp.ones((1, 1, kernel))
    y, pull = jax.vjp(lambda w: jax.lax.conv_general_dilated(x, w, (1,), [pads]), w)  # noqa: B023
    g = jnp.zeros_like(y).at[0, 0, 0].set(jnp.nan)
    real = [0 <= j - pads[0] < extent for j in range(kernel)]
    print("x is read at", real, "NaN at", jnp.isnan(pull(g)[0]).ravel().tolist())
