

HEADS = ("lm_head", "embed_out", "unembed", "unembedding", "token_unembedding", "logits_dense")
LAST_LAYERS = ("head", "output", "output_layer", "output_projection", "ff_out", "score", "classifier",
               "logits", "decoder")
EMBEDDINGS = ("emb", "embs", "embed", "embeds", "embedding", "embeddings", "embedder", "embedders",
              "wte", "wpe")  # ends of words
VECTORS = ("scale", "gain", "g", "gamma", "beta", "offset", "sinks")


def role_of(path, leaf):
    """What a parameter is. It goes by name and rank: read it against your model's names."""
    written = [str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path]
    words = [word.lower() for word in written]
    # flax.nnx, haliax and Equinox wrap arrays, under a key that says nothing of the parameter.
    while len(words) > 1 and (words[-1].strip(".") in ("value", "array") or words[-1].isdigit()):
        words.pop()
    name = written[len(words) - 1] if words else ""
    words = [word for key in words for word in key.split("/")]  # Haiku has the names of modules in one
    names = [word for word in words if not word.isdigit()]  # a number is the place of a layer among others
    full, last, layer = ".".join(words), names[-1] if names else "", names[-2] if len(names) > 1 else ""
    is_norm = "norm" in layer or layer.startswith("ln") or layer.endswith("_ln") or "norm" in last
    # A norm may be called after what it stands before, a layer of matrices after the norm beside them.
    ends_in_norm = layer.rstrip("_0123456789").endswith(("norm", "_ln")) or layer.startswith("ln_")
    is_of_block = any(word in layer for word in ("attn", "attention", "mlp"))
    is_mixed = "ada" in layer or is_of_block and not ends_in_norm
    if name == "b" or name.startswith("b_") or "bias" in last.split("_"):
        return "norm" if is_norm else "bias"
    # Vectors of layers in a stack are a matrix; a vector may have axes of length 1.
    is_one_axis = leaf.ndim < 2 or leaf.ndim > 2 and leaf.size == max(leaf.shape)
    is_gain = last in ("weight", "w") or "norm" in last or last == "kernel" and ends_in_norm
    is_vector = last in VECTORS or is_norm and not is_mixed and is_gain
    if is_one_axis or is_vector:
        return "norm"
    is_outside = not any(word.rsplit("_", 1)[-1].isdigit() for word in words)
    if any(word in HEADS for word in words) or is_outside and (layer in LAST_LAYERS or last in LAST_LAYERS):
        return "head"
    if any(word.startswith("emb") or word.rstrip("0123456789").endswith(EMBEDDINGS)
           for word in f"{layer}_{last}".split("_")):
        return "embedding"
    return "attention" if "attn" in full or "attention" in full else "mlp"
