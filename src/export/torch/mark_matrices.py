            if not parameter.requires_grad:
                continue
            if parameter.ndim > 3 or isinstance(module, torch.nn.modules.conv._ConvNd) and parameter.ndim > 1:
                raise ValueError(f"{path}.{name}: a convolution is no matrix; give it an optimizer of its own")
            if parameter.ndim > 2 and "gate_up" in name:
                raise ValueError(f"{path}.{name}: two matrices of each expert in one; give each its own")
            # torch.nn.Linear keeps [out, in], transformers' Conv1D [in, out]; q, k and v may be one matrix.
            # Behind the name of an adapter such as LoRA stand matrices of its own, not packed as its layer is.
            full = f"{path}.{name}".split(".")
            adapters = [at for at, part in enumerate(full) if part.lower().startswith(ADAPTERS)]
            own = ".".join(full[adapters[-1] + 1:] if adapters else full)
            words = own.lower().replace(".", "_").split("_")
            is_packed = "qkv" in words or "wqkv" in words or "c_attn" in own
            is_packed |= name == "in_proj_weight" and isinstance(module, torch.nn.MultiheadAttention)
            is_matrix = parameter.ndim == 2 and 1 not in parameter.shape
            if is_matrix and "query_key_value" in own:
                raise ValueError(f"{path}.{name}: q, k and v are mixed by heads; give each its own")
            is_in_out = parameter.ndim < 2 or type(module).__name__ == "Conv1D"
            parameter.out_axis, parameter.parts = -1 if is_in_out else -2, 2 if "gate_up_proj" in own else 1
            if is_packed and is_matrix:
                wide, deep = parameter.shape[parameter.out_axis], parameter.shape[-3 - parameter.out_axis]
                if wide != 3 * deep:
                    raise ValueError(f"{path}.{name}: q, k and v are no equal parts; give each its own")
                parameter.parts = 3
