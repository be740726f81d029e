

def matrices(x, p):
    """The matrices that a parameter holds side by side."""
    return x.chunk(p.parts, dim=p.out_axis)
