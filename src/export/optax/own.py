

def group_of(params):
    """For every parameter the place of its group."""
    def place(path, leaf):
        return next(at for at, group in enumerate(GROUPS) if role_of(path, leaf) in group["roles"])

    return jax.tree_util.tree_map_with_path(place, params)


def by_group(change):
    """Changes every update by `change(group, step, update, parameter)`; the first step is 1."""
    def update(updates, count, params):
        step = count + 1
        one = lambda at, u, p: change(GROUPS[at], step, u, p)
        return jax.tree.map(one, group_of(params), updates, params), step

    return optax.GradientTransformation(lambda params: jnp.zeros([], jnp.int32), update)


{{penalty}}def move(group, step, u, p):
    """What a step adds to a parameter whose update is u."""
    lr, weight_decay = group["lr"] * lr_factor(step), group["weight_decay"]{{lambda}}
    return {{move}}


def make_optimizer(params=None):
    """{{says}}"""
    return optax.chain(
{{chain}}    )
