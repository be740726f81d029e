

class Rule(torch.optim.Optimizer):
    """{{says}}"""

    def __init__(self, groups):
        super().__init__([dict(group, taken=0) for group in groups], {})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            group["taken"] += 1
            for p in group["params"]:
                if p.grad is not None:
                    move(p, self.state[p], group)
        return loss


def slot(state, name, p):
    """What is kept of a parameter between steps, 0 at first."""
    if name not in state:
        state[name] = torch.zeros_like(p)
    return state[name]


def move(p, state, group):
    """One step of one parameter."""
    lr, weight_decay = group["lr"], group["weight_decay"]{{lambda}}
    g = {{gradient}}
    update = {{update}}
{{decay}}

def make_optimizer(model):
    {{make}}
