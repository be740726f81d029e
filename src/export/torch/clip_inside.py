

def add_penalty_and_clip(optimizer, args, kwargs):
    """The gradient of λ/2 ‖w‖², then the clip over all parameters: before every step, in that order."""
    for group in optimizer.param_groups:
{{count}}        for p in group["params"]:
            if p.grad is not None:
                p.grad.add_(p.detach(), alpha={{penalty}})
{{clip}}