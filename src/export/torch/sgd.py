

def sgd(p, g, state, group):
    """SGD with momentum as torch.optim.SGD has it: no dampening, no Nesterov."""
    return group["lr"] * slot(state, "m", p).mul_(MOMENTUM).add_(g)
