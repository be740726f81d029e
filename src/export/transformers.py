

def training_arguments(output_dir, **more):
    """Steps and clip; everything else that transformers.TrainingArguments takes can be given."""
    return transformers.TrainingArguments(output_dir, max_steps=STEPS, max_grad_norm={{clip}}, **more)


def make_trainer(model, args, **more):
    """A transformers.Trainer with this optimizer and schedule; `more` is what Trainer takes beside them."""
    optimizer = make_optimizer(model)
    return transformers.Trainer(model, args, optimizers=(optimizer, make_scheduler(optimizer)), **more)
