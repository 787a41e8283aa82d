import jax
import jax.numpy as jnp

w = jnp.ones((1, 1, 1, 6)).at[0, 0, 0, 0].set(jnp.nan)


def layer(x):
    """Its only window begins four elements before a row."""
    return jax.lax.conv_general_dilated(x, w, (1, 4), [(0, 0), (4, 4)], rhs_dilation=(1, 2))


for rows in (1, 12):
    y, pull_back = jax.vjp(layer, jnp.zeros((1, 1, rows, 5)))
    print(rows, "rows:", y.shape, pull_back(jnp.ones(y.shape))[0][0, 0, 0].tolist())
