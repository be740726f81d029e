# With the tree `params` and the optax optimizer `tx` of the trainer. A schedule of the learning rate is asked for
# its step 0, where a warmup may be 0 and nothing decays: make `tx` with a constant learning rate here. It must be all
# of the trainer's optimizers, as parameters of one that is left out stay, as if they were not decayed.
import jax, jax.numpy as jnp, optax
from safetensors.flax import save_file

def weights(tree):  # names such as Block_0.Dense_0.kernel
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    key = lambda k: str(getattr(k, "key", getattr(k, "name", getattr(k, "idx", k))))
    return {".".join(map(key, path)).removesuffix(".value"): jnp.array(leaf) for path, leaf in leaves}

def varied(p):  # zeros show no decay, and equal numbers not how much
    return jnp.where(jnp.any(p != p.ravel()[:1]), p, jnp.linspace(0.5, 1, p.size).reshape(p.shape)).astype(p.dtype)

params = jax.tree.map(varied, params)
save_file(weights(params), "before.safetensors")
zeros = jax.tree.map(jnp.zeros_like, params)  # without L2 that is added to the loss, which this cannot show
updates, _ = tx.update(zeros, tx.init(params), params)  # a fresh state: averages left from training move weights
save_file(weights(optax.apply_updates(params, updates)), "after.safetensors")
# wane audit before.safetensors after.safetensors --lr 1e-3
