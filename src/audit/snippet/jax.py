# With the tree `params` and the optax optimizer `tx` of the trainer. A schedule of the learning rate is asked for
# its step 0, where a warmup may be 0 and nothing decays: make `tx` with a constant learning rate here.
import jax, jax.numpy as jnp, optax
from safetensors.flax import save_file

def weights(tree):  # names such as Block_0.Dense_0.kernel
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    key = lambda k: str(getattr(k, "key", getattr(k, "name", getattr(k, "idx", k))))
    return {".".join(map(key, path)): jnp.array(leaf) for path, leaf in leaves}

params = jax.tree.map(lambda p: jnp.where(jnp.any(p != 0), p, 0.5).astype(p.dtype), params)  # zeros show no decay
save_file(weights(params), "before.safetensors")
zeros = jax.tree.map(jnp.zeros_like, params)  # without L2 that is added to the loss, which this cannot show
updates, _ = tx.update(zeros, tx.init(params), params)  # a fresh state: averages left from training move weights
save_file(weights(optax.apply_updates(params, updates)), "after.safetensors")
# wane audit before.safetensors after.safetensors --lr 1e-3
