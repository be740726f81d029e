# Once `trainer` is made, instead of trainer.train(), in a process that is thrown away afterwards.
# Without DeepSpeed or FSDP, which hold weights of their own.
import torch
from safetensors.torch import save_file

LR = 1e-3  # the scheduler starts at 0, where nothing decays: every group gets this learning rate

def weights():  # what is trained; parameters that are shared, such as a tied head, come once; copies are contiguous
    trained = ((name, p) for name, p in model.named_parameters() if p.requires_grad)
    return {name: p.detach().cpu().clone().contiguous() for name, p in trained}

optimizer, model = trainer.create_optimizer(), trainer.model
with torch.no_grad():
    for p in model.parameters():
        if (p == p.reshape(-1)[:1]).all():  # zeros cannot show that they decay, nor equal numbers by how much
            p.copy_(torch.linspace(0.5, 1, p.numel()).reshape(p.shape))
held = {id(p) for group in optimizer.param_groups for p in group["params"]}
for name, p in model.named_parameters():
    if p.requires_grad and id(p) not in held:
        print(f"{name} is in no optimizer: it stays, as if it were not decayed")
for group in optimizer.param_groups:
    group["lr"] = LR
before = weights()
save_file(before, "before.safetensors")
for p in (p for p in model.parameters() if p.requires_grad):
    # Zeros, not None: PyTorch skips parameters whose grad is None. L2 that is added to the loss is gone with them.
    p.grad = torch.zeros_like(p)
optimizer.step()
if all(torch.equal(p, before[name]) for name, p in weights().items()):
    optimizer.step()  # SOAP only makes its state in its first step
save_file(weights(), "after.safetensors")
# wane audit before.safetensors after.safetensors --lr 1e-3
