# Once `model` and `optimizer` are made, before the first step, in a process that is thrown away afterwards:
# every optimizer must be fresh, as averages left from training move weights even if gradients are zero.
import torch
from safetensors.torch import save_file

optimizers = [optimizer]  # every one that the trainer steps, such as Muon's and AdamW's
LR = 1e-3  # a scheduler may start at 0, where nothing decays: every group gets this learning rate

def weights():  # what is trained; parameters that are shared, such as a tied head, come once; copies are contiguous
    trained = ((name, p) for name, p in model.named_parameters() if p.requires_grad)
    return {name: p.detach().cpu().clone().contiguous() for name, p in trained}

with torch.no_grad():
    for p in model.parameters():
        if (p == p.reshape(-1)[:1]).all():  # zeros cannot show that they decay, nor equal numbers by how much
            p.copy_(torch.linspace(0.5, 1, p.numel()).reshape(p.shape))
groups = [group for one in optimizers for group in one.param_groups]
held = {id(p) for group in groups for p in group["params"]}
for name, p in model.named_parameters():
    if p.requires_grad and id(p) not in held:
        print(f"{name} is in no optimizer: it stays, as if it were not decayed")
for group in groups:
    if torch.is_tensor(group["lr"]):
        group["lr"].fill_(LR)
    else:
        group["lr"] = LR
save_file(weights(), "before.safetensors")
for p in (p for p in model.parameters() if p.requires_grad):
    # Zeros, not None: PyTorch skips parameters whose grad is None. L2 that is added to the loss is gone with them.
    p.grad = torch.zeros_like(p)
for one in optimizers:
    one.step()
save_file(weights(), "after.safetensors")
# wane audit before.safetensors after.safetensors --lr 1e-3
