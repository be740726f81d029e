

def learning_rate(count):
    return PEAK_LR * lr_factor(count + 1)


def is_decayed(params):
    return jax.tree_util.tree_map_with_path(lambda path, leaf: role_of(path, leaf) in DECAYED, params)


def make_optimizer(params=None):
    """{{says}}"""
    return optax.chain(
{{chain}}    )
