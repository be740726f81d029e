"""A GPT-2 as JAX users write it, compiled by XLA: for every number of steps read from stdin it takes that many
and prints the median seconds of one.

Usage: jax_gpt2.py LAYERS HEADS CHANNELS CONTEXT BATCH THREADS LANES
With more than one lane, that many models are trained at a time through `vmap`, and a step is a step of all.
"""

import os
import statistics
import sys
import time

LAYERS, HEADS, CHANNELS, CONTEXT, BATCH, THREADS, LANES = map(int, sys.argv[1:8])
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import optax

VOCABULARY = 51


def initial(key):
    def normal(key, *shape):
        return 0.02 * jax.random.normal(key, shape)

    keys = iter(jax.random.split(key, 2 + 4 * LAYERS))
    norm = lambda: (jnp.ones(CHANNELS), jnp.zeros(CHANNELS))
    linear = lambda inputs, outputs: (normal(next(keys), inputs, outputs), jnp.zeros(outputs))
    blocks = [
        {
            "norm_1": norm(),
            "packed": linear(CHANNELS, 3 * CHANNELS),
            "out": linear(CHANNELS, CHANNELS),
            "norm_2": norm(),
            "up": linear(CHANNELS, 4 * CHANNELS),
            "down": linear(4 * CHANNELS, CHANNELS),
        }
        for _ in range(LAYERS)
    ]
    tokens, positions = normal(next(keys), VOCABULARY, CHANNELS), normal(next(keys), CONTEXT, CHANNELS)
    return {"tokens": tokens, "positions": positions, "blocks": blocks, "norm": norm()}


def normed(x, gain_bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * gain_bias[0] + gain_bias[1]


def linear(x, weight_bias):
    return x @ weight_bias[0] + weight_bias[1]


def loss_of(parameters, inputs, targets):
    x = parameters["tokens"][inputs] + parameters["positions"]
    for block in parameters["blocks"]:
        parts = jnp.split(linear(normed(x, block["norm_1"]), block["packed"]), 3, axis=-1)
        q, k, v = (part.reshape(BATCH, CONTEXT, HEADS, -1) for part in parts)
        attended = jax.nn.dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(attended.reshape(x.shape), block["out"])
        x = x + linear(jax.nn.gelu(linear(normed(x, block["norm_2"]), block["up"])), block["down"])
    logits = normed(x, parameters["norm"]) @ parameters["tokens"].T
    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()


OPTIMIZER = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-3, 0.9, 0.95, weight_decay=0.1))


def step(parameters, state, inputs, targets):
    loss, gradients = jax.value_and_grad(loss_of)(parameters, inputs, targets)
    updates, state = OPTIMIZER.update(gradients, state, parameters)
    return optax.apply_updates(parameters, updates), state, loss


def main():
    keys = jax.random.split(jax.random.key(0), LANES)
    lanes = (lambda f: jax.vmap(f)) if LANES > 1 else (lambda f: lambda *given: f(*given))
    parameters = jax.vmap(initial)(keys) if LANES > 1 else initial(keys[0])
    state = lanes(OPTIMIZER.init)(parameters)
    compiled = jax.jit(lanes(step), donate_argnums=(0, 1))
    shape = (LANES, BATCH, CONTEXT) if LANES > 1 else (BATCH, CONTEXT)
    for turn, line in enumerate(sys.stdin):
        seconds = []
        for place in range(int(line)):
            key = jax.random.key(turn * 100_000 + place)
            inputs = jax.random.randint(key, shape, 0, VOCABULARY)
            targets = jnp.roll(inputs, -1, axis=-1)
            jax.block_until_ready(targets)
            start = time.perf_counter()
            parameters, state, loss = compiled(parameters, state, inputs, targets)
            jax.block_until_ready(loss)
            seconds.append(time.perf_counter() - start)
        print(statistics.median(seconds), flush=True)


main()
