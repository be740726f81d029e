

def take_step(model, optimizer, scheduler):
    """Call it after loss.backward()."""
{{before}}    optimizer.step()
    scheduler.step()
    optimizer.zero_grad()
