

def lr_factor(step):
    """Learning rate of a step, the first is 1, as a share of its peak."""
    step = jnp.minimum(step, STEPS)
    passed = (step - WARMUP - HOLD) / max(STEPS - WARMUP - HOLD, 1)
    fall = {{fall}}
    warm = step / max(WARMUP, 1)
    return jnp.where(step <= WARMUP, warm, jnp.where(step <= WARMUP + HOLD, 1.0, fall))
