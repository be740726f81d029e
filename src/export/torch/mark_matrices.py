            if not parameter.requires_grad:
                continue
            if parameter.ndim > 3 or isinstance(module, torch.nn.modules.conv._ConvNd) and parameter.ndim > 1:
                raise ValueError(f"{path}.{name}: a convolution is no matrix; give it an optimizer of its own")
            if parameter.ndim > 2 and "gate_up" in name:
                raise ValueError(f"{path}.{name}: two matrices of each expert in one; give each its own")
            # torch.nn.Linear keeps [out, in], transformers' Conv1D [in, out]; q, k and v may be one matrix.
            # An adapter such as LoRA puts matrices of its own beside a layer, not packed as the layer is.
            layer = ([part for part in path.split(".") if part not in WRAPPERS] or [""])[-1]
            words = f"{layer}_{name}".lower().split("_")
            is_packed = "qkv" in words or "wqkv" in words or "c_attn" in f"{layer}.{name}"
            is_packed |= name == "in_proj_weight" and isinstance(module, torch.nn.MultiheadAttention)
            if name == "weight" and "query_key_value" in layer:
                raise ValueError(f"{path}.{name}: q, k and v are mixed by heads; give each its own")
            is_in_out = parameter.ndim < 2 or type(module).__name__ == "Conv1D"
            parameter.out_axis, parameter.parts = -1 if is_in_out else -2, 2 if "gate_up_proj" in layer else 1
            if is_packed and parameter.ndim == 2:
                wide, deep = parameter.shape[parameter.out_axis], parameter.shape[-3 - parameter.out_axis]
                if wide != 3 * deep:
                    raise ValueError(f"{path}.{name}: q, k and v are no equal parts; give each its own")
                parameter.parts = 3
