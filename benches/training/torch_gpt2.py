"""A GPT-2 as PyTorch users write it: for every number of steps read from stdin it takes that many and prints
the median seconds of one.

Usage: torch_gpt2.py LAYERS HEADS CHANNELS CONTEXT BATCH DEVICE MODE THREADS [VOCABULARY]
MODE is `eager` or a mode of torch.compile.
"""

import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

LAYERS, HEADS, CHANNELS, CONTEXT, BATCH = map(int, sys.argv[1:6])
DEVICE, MODE, THREADS = sys.argv[6:9]
VOCABULARY = int(sys.argv[9]) if len(sys.argv) > 9 else 51


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(CHANNELS), nn.LayerNorm(CHANNELS)
        self.packed = nn.Linear(CHANNELS, 3 * CHANNELS)
        self.out = nn.Linear(CHANNELS, CHANNELS)
        self.up = nn.Linear(CHANNELS, 4 * CHANNELS)
        self.down = nn.Linear(4 * CHANNELS, CHANNELS)

    def forward(self, x):
        parts = self.packed(self.norm_1(x)).split(CHANNELS, 2)
        q, k, v = (p.view(BATCH, CONTEXT, HEADS, -1).transpose(1, 2) for p in parts)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(attended.transpose(1, 2).reshape(x.shape))
        return x + self.down(F.gelu(self.up(self.norm_2(x)), approximate="tanh"))


class Gpt2(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, CHANNELS)
        # GPT-2's. Standard normal numbers, PyTorch's own, make logits so wide that a processor spends most of a
        # step on subnormal probabilities.
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.positions = nn.Parameter(0.02 * torch.randn(CONTEXT, CHANNELS))
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(CHANNELS)

    def forward(self, inputs, targets):
        x = self.norm(self.blocks(self.tokens(inputs) + self.positions))
        logits = F.linear(x, self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def main():
    torch.set_num_threads(int(THREADS))
    torch.set_default_device(DEVICE)
    model = Gpt2()
    call = model if MODE == "eager" else torch.compile(model, mode=MODE)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    batch = lambda: torch.randint(VOCABULARY, (BATCH, CONTEXT))
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            inputs, targets = batch(), batch()
            start = time.perf_counter()
            loss = call(inputs, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            loss.item()
            seconds.append(time.perf_counter() - start)
        print(statistics.median(seconds), flush=True)


main()
