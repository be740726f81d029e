

def make_optimizer(model):
    """{{says}}"""
    {{make}}
