

def make_scheduler(optimizer):
    """Call its step() after every optimizer.step()."""
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda taken: lr_factor(taken + 1))
