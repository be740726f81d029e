# Once `model` and `optimizer` are made, before the first step, in a process that is thrown away afterwards (under
# fully_shard in all of its ranks): every optimizer must be fresh, as averages left from training move weights even if
# gradients are zero.
import torch
from safetensors.torch import save_file

optimizers = [optimizer]  # every one that the trainer steps, such as Muon's and AdamW's
LR = 1e-3  # a scheduler may start at 0, where nothing decays: every group gets this learning rate

if any(type(module).__name__ == "FullyShardedDataParallel" for module in model.modules()):
    raise ValueError("FullyShardedDataParallel keeps flat shards: leave it out here, or shard with fully_shard")
trained = {name: p for name, p in model.named_parameters() if p.requires_grad}  # shared ones, as a tied head, come once

def whole(p):  # of all shards
    p = p.detach()
    return p.full_tensor() if hasattr(p, "full_tensor") else p

def weights():
    return {name: whole(p).cpu().clone().contiguous() for name, p in trained.items()}

def save(tensors, file):
    ranks = torch.distributed
    if not (ranks.is_available() and ranks.is_initialized() and ranks.get_rank()):  # one file of all ranks
        save_file(tensors, file)

def held_by(*those):
    return {id(p) for one in those for group in one.param_groups for p in group["params"]}

def stays(one):  # whether none of its parameters moved
    held = held_by(one)
    return all(torch.equal(whole(p).cpu(), before[name]) for name, p in trained.items() if id(p) in held)

with torch.no_grad():
    for p in model.parameters():
        full = whole(p)
        if (full == full.reshape(-1)[:1]).all():  # zeros cannot show that they decay, nor equal numbers by how much
            own = p.to_local() if hasattr(p, "to_local") else p
            own.copy_(torch.linspace(0.5, 1, own.numel()).reshape(own.shape))
held = held_by(*optimizers)
for name, p in trained.items():
    if id(p) not in held:
        print(f"{name} is in no optimizer: it stays, as if it were not decayed")
for group in (group for one in optimizers for group in one.param_groups):
    if torch.is_tensor(group["lr"]):
        group["lr"].fill_(LR)
    else:
        group["lr"] = LR
before = weights()
save(before, "before.safetensors")
for p in trained.values():
    # Zeros, not None: PyTorch skips parameters whose grad is None. L2 that is added to the loss is gone with them.
    p.grad = torch.zeros_like(p)
for one in optimizers:
    one.step()
    if stays(one):
        one.step()  # SOAP only makes its state in its first step
save(weights(), "after.safetensors")
# wane audit before.safetensors after.safetensors --lr 1e-3
