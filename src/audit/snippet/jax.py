# With the tree `params` and the optax optimizer `tx` of the trainer. A schedule of the learning rate is asked for
# its first steps, where a warmup is at 0 or little more: make `tx` with a constant learning rate here. It must be all
# of the trainer's optimizers, as parameters of one that is left out stay, as if they were not decayed.
import jax, jax.numpy as jnp, optax
from safetensors.flax import save_file

def name(path):  # such as Block_0.Dense_0.kernel, without the key under which haliax, Equinox and nnx wrap an array
    path = path[:-1] if path[-1:] == (jax.tree_util.FlattenedIndexKey(0),) else path
    key = lambda k: str(getattr(k, "key", getattr(k, "name", getattr(k, "idx", k))))
    return ".".join(map(key, path)).removesuffix(".value").removesuffix(".array")

def weights(tree):
    return {name(path): jnp.array(leaf) for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]}

def varied(p):  # zeros show no decay, and equal numbers not how much
    return jnp.where(jnp.any(p != p.ravel()[:1]), p, jnp.linspace(0.5, 1, p.size).reshape(p.shape)).astype(p.dtype)

params = jax.tree.map(varied, params)
save_file(weights(params), "before.safetensors")
zeros = jax.tree.map(jnp.zeros_like, params)  # without L2 that is added to the loss, which this cannot show
state = tx.init(params)  # fresh: averages left from training move weights
moved = jax.tree.map(jnp.zeros_like, params)
left = 64  # MultiSteps moves in its last step of a few, SOAP not in its first: the first step that moves an array
while left > 0:
    updates, state = tx.update(zeros, state, params)
    moved = jax.tree.map(lambda first, new: jnp.where(jnp.any(first != 0), first, new), moved, updates)
    has_moved = any(bool(jnp.any(update != 0)) for update in jax.tree.leaves(moved))
    left = min(left - 1, 2) if has_moved else left - 1  # two steps more for what begins later
if not has_moved:
    print("64 steps move nothing: an optimizer that adds up more of them needs a larger number here")
save_file(weights(optax.apply_updates(params, moved)), "after.safetensors")
# wane audit before.safetensors after.safetensors --lr 1e-3
