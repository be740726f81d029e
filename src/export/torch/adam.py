

def adam(p, g, state, group):
    """Adam (Kingma & Ba 2015) with bias correction, ε outside the root."""
    (beta1, beta2), step = group["betas"], group["taken"]
    m = slot(state, "m", p).lerp_(g, 1 - beta1)
    v = slot(state, "v", p).mul_(beta2).addcmul_(g, g, value=1 - beta2)
    return group["lr"] * (m / (1 - beta1**step)) / ((v / (1 - beta2**step)).sqrt() + group["eps"])
