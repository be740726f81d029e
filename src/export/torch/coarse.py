    for group in groups:
        share = {{share}}
        # Less than half the way to the next number of its type: rounding gives every weight back.
        lost = {str(p.dtype) for p in group["params"] if 0 < share < torch.finfo(p.dtype).eps / 4}
        if lost:
            print(f"nothing of {group['roles']} decays: {share} of it is rounded away in {lost}; "
                  "use float32, unless float32 copies are kept")
