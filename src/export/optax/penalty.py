def penalty(group, step, g, p):
    return g + group["weight_decay"]{{lambda}} * p


