            if parameter.ndim > 2 and "gate_up" in name:
                raise ValueError(f"{path}.{name}: two matrices of each expert in one; give each its own")
            parameter.is_stack = parameter.ndim == 3 and not isinstance(module, torch.nn.modules.conv._ConvNd)
