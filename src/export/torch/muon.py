

def muon(p, g, state, group):
    """Muon (Jordan et al. 2024): an average of gradients with Nesterov's look ahead, nearly orthogonal."""
    m = slot(state, "m", p).lerp_(g, 1 - MOMENTUM)
    ahead = m.lerp(g, 1 - MOMENTUM)
    moved = [muon_scale(part, p) * orthogonal(part) for part in matrices(ahead, p)]
    return group["lr"] * joined(moved, p)


def muon_scale(part, p):
    inputs, outputs = part.shape[-3 - p.out_axis], part.shape[p.out_axis]
    return {{scale}}


def orthogonal(x):
    """Five Newton–Schulz iterations, in the gradient's precision (torch.optim.Muon rounds to bfloat16)."""
    is_tall = x.shape[-2] > x.shape[-1]
    x = x.mT if is_tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        s = x @ x.mT
        x = 3.4445 * x + (-4.775 * s + 2.0315 * s @ s) @ x
    return x.mT if is_tall else x
