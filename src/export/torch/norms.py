

def norm(x):
    return x.norm().clamp_min(1e-20)


def first_norms(p, state):
    """Frobenius norms of its matrices before the first step."""
    if "first_norms" not in state:
        state["first_norms"] = torch.stack([part.norm() for part in matrices(p, p)])
    return state["first_norms"]
