

def set_weight_decay(optimizer, args, kwargs):
    """Runs before every step, after the scheduler has set its learning rate."""
    for group in optimizer.param_groups:
{{count}}        {{per_step}}


def make_optimizer(model):
    """{{says}}"""
    {{make}}
    optimizer.register_step_pre_hook(set_weight_decay)
    return optimizer
