

def role_of(path, module, name, parameter):
    """What a parameter is. It goes by type, rank and name: read it against your model's names."""
    full, last = f"{path}.{name}".lower(), path.rsplit(".", 1)[-1].lower()
    if isinstance(module, torch.nn.Embedding):
        return "embedding"
    if "norm" in type(module).__name__.lower():
        return "norm"
    if parameter.ndim < 2:
        return "bias" if "bias" in name else "norm"
    if last in ("lm_head", "head", "output", "unembed", "embed_out"):
        return "head"
    if "emb" in last or "emb" in name.lower() or last in ("wte", "wpe"):
        return "embedding"
    return "attention" if "attn" in full or "attention" in full else "mlp"


def parameter_groups(model):
    """Every trained parameter once, in the group of its role; a head tied to an embedding is one too."""
    roles = {}
    for path, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter not in roles or isinstance(module, torch.nn.Embedding):
                roles[parameter] = role_of(path, module, name, parameter)
{{matrices}}    trained = [(p, role) for p, role in roles.items() if p.requires_grad]
    groups = [dict(g, params=[p for p, role in trained if role in g["roles"]]) for g in GROUPS]
    return [group for group in groups if group["params"]]
