

# How adapters call what they put beside a layer.
ADAPTERS = ("adapter", "boft_", "bone_", "delora_", "gralora_", "hada_", "hira_", "hra_", "lokr_", "lora_",
            "miss_", "oft_", "randlora_")


def matrices(x, p):
    """The matrices that a parameter holds side by side, or one after the other."""
    if x.ndim == 0:
        return [x]
    stack = x.unbind(0) if x.ndim == 3 else [x]
    return [part for one in stack for part in one.chunk(p.parts, dim=p.out_axis)]


def joined(parts, p):
    """Their parameter again."""
    rows = [torch.cat(parts[at:at + p.parts], dim=p.out_axis) for at in range(0, len(parts), p.parts)]
    return torch.stack(rows) if p.ndim == 3 else rows[0]
