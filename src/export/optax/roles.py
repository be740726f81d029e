

def role_of(path, leaf):
    """What a parameter is. It goes by name and rank: read it against your model's names."""
    words = [str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path]
    full, last = ".".join(words).lower(), words[-1].lower() if words else ""
    is_norm = "norm" in full or ".ln" in f".{full}"
    if last in ("bias", "b"):
        return "norm" if is_norm else "bias"
    if is_norm or leaf.ndim < 2 or last in ("scale", "gain", "g"):
        return "norm"
    if any(word in ("lm_head", "head", "output", "unembed") for word in full.split(".")):
        return "head"
    if any(word in ".".join(words[-2:]).lower() for word in ("emb", "wte", "wpe")):
        return "embedding"
    return "attention" if "attn" in full or "attention" in full else "mlp"
