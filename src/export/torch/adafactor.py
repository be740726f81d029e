

def adafactor(p, g, state, group):
    """Adafactor (Shazeer & Stern 2018) as PaLM has it: not factorized, momentum over the updates."""
    beta1, beta2 = group["betas"][0], 1 - group["taken"] ** -0.8
    v = slot(state, "v", p).mul_(beta2).addcmul_(g, g, value=1 - beta2)
    # Experts one after the other in a tensor are matrices of their own.
    axes = (-2, -1) if getattr(p, "is_stack", p.ndim == 3) else tuple(range(p.ndim))
    unit = p.square().mean(axes, keepdim=True).sqrt().clamp_min(1e-3)
    update = group["lr"] * unit * g / (v.sqrt() + group["eps"])
    return slot(state, "m", p).lerp_(update, 1 - beta1)
