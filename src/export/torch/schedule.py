

def lr_factor(step):
    """Learning rate of a step, the first is 1, as a share of its peak."""
    step = min(step, STEPS)
    if step <= WARMUP:
        return step / WARMUP
    if step <= WARMUP + HOLD:
        return 1.0
    passed = (step - WARMUP - HOLD) / (STEPS - WARMUP - HOLD)
    return {{fall}}
