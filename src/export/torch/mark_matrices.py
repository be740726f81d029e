            # torch.nn.Linear keeps [out, in], transformers' Conv1D [in, out]; q, k and v may be one matrix.
            is_packed = any(word in f"{path}.{name}".lower() for word in ("c_attn", "qkv", "in_proj"))
            is_in_out = parameter.ndim < 2 or type(module).__name__ == "Conv1D"
            parameter.out_axis, parameter.parts = -1 if is_in_out else -2, 1
            if is_packed and parameter.ndim == 2:
                wide, deep = parameter.shape[parameter.out_axis], parameter.shape[-3 - parameter.out_axis]
                if wide != 3 * deep:
                    raise ValueError(f"{path}.{name}: q, k and v are no equal parts; give each its own")
                parameter.parts = 3
