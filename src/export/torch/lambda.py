

def lambda_factor(step):
    """λ of a step, the first is 1, as a share of its coefficient."""
    step = min(step, STEPS)
    passed = (step - 1) / STEPS
    {{lambda}}
