

def lion(p, g, state, group):
    """Lion (Chen et al. 2023, arXiv 2302.06675): the sign of an average of gradients."""
    beta1, beta2 = group["betas"]
    m = slot(state, "m", p)
    direction = (beta1 * m + (1 - beta1) * g).sign()
    m.mul_(beta2).add_(g, alpha=1 - beta2)
    return group["lr"] * direction
