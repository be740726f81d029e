

HEADS = ("lm_head", "embed_out", "unembed", "unembedding", "token_unembedding", "logits_dense")
LAST_LAYERS = ("head", "output", "output_layer", "output_projection", "ff_out", "score", "classifier",
               "logits", "decoder")
# Ends of words.
EMBEDDINGS = ("emb", "embs", "embed", "embeds", "embedding", "embeddings", "embedder", "embedders",
              "wte", "wpe")
# What compilers, shards, adapters and parametrizations put between a layer's name and its parameter's.
WRAPPERS = ("_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "modules_to_save",
            "default", "base_layer", "original_module", "parametrizations", "weight")


def role_of(path, module, name, parameter):
    """What a parameter is. It goes by type, rank and name: read it against your model's names."""
    full, leaf = f"{path}.{name}".lower(), name.lower()
    parts = [part for part in path.lower().split(".") if part not in WRAPPERS and not part.isdigit()]
    last = (parts or [""])[-1]
    kind = type(module).__name__.lower()
    if isinstance(module, torch.nn.Embedding):
        return "embedding"
    # A vector in a tensor of more axes is one too; a layer that holds a norm beside its matrix is no norm.
    is_one_axis = parameter.ndim > 0 and parameter.numel() == max(parameter.shape)
    is_length = leaf == "weight_g" or leaf == "original0" and "parametrizations.weight" in full
    is_vector = parameter.ndim < 2 or is_one_axis and (parameter.ndim > 2 or is_length)
    is_gain = "norm" in kind and leaf in ("scale", "gain", "gamma", "g") or is_vector and "norm" in kind + leaf
    if kind.endswith(("norm", "norm1d", "norm2d", "norm3d")) or is_gain:
        return "norm"
    if "bias" in leaf.split("_") or name == "b" or name.startswith("b_"):
        return "bias"
    if is_vector:
        return "norm"
    is_outside = not any(part.isdigit() for part in path.split("."))
    if last in HEADS or is_outside and last in LAST_LAYERS:
        return "head"
    words = f"{last}_{leaf}".split("_")
    if any(word.startswith("emb") or word.rstrip("0123456789").endswith(EMBEDDINGS) for word in words):
        return "embedding"
    return "attention" if "attn" in full or "attention" in full else "mlp"


def parameter_groups(model):
    """Every trained parameter once, in the group of its role; a head tied to an embedding is one too."""
    roles = {}
    for path, module in model.named_modules():
        if type(module).__name__ == "FullyShardedDataParallel":
            raise ValueError("it keeps flat shards, which tell no role: shard with fully_shard instead")
        for name, parameter in module.named_parameters(recurse=False):
            if parameter not in roles or isinstance(module, torch.nn.Embedding):
                roles[parameter] = role_of(path, module, name, parameter)
{{matrices}}    trained = [(p, role) for p, role in roles.items() if p.requires_grad]
    groups = [dict(g, params=[p for p, role in trained if role in g["roles"]]) for g in GROUPS]
{{coarse}}    return [group for group in groups if group["params"]]
