"""The PyTorch side of bench/train.ts: the same decoder as a strong PyTorch user would write it.

Fused query/key/value and gate/up projections, scaled_dot_product_attention, nn.RMSNorm, fused AdamW, gradient clipping.
Prints one JSON line per measured step on stdout, so that the caller can interleave peers.

usage: torch-peer.py LAYERS HIDDEN HEADS BATCH CONTEXT VOCAB THREADS eager|compile fp32|bf16 STEPS
"""

import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

layers, hidden, heads, batch, context, vocab, threads = (int(a) for a in sys.argv[1:8])
mode, precision, steps = sys.argv[8], sys.argv[9], int(sys.argv[10])
torch.set_num_threads(threads)
torch.manual_seed(0)
head_dim = hidden // heads


def rotate(x, cos, sin):
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1).to(x.dtype)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm = nn.RMSNorm(hidden, eps=1e-5)
        self.ffn_norm = nn.RMSNorm(hidden, eps=1e-5)
        self.query_key_value = nn.Linear(hidden, 3 * hidden, bias=False)
        self.output = nn.Linear(hidden, hidden, bias=False)
        self.gate_up = nn.Linear(hidden, 8 * hidden, bias=False)
        self.down = nn.Linear(4 * hidden, hidden, bias=False)

    def forward(self, x, cos, sin):
        rows, length, _ = x.shape
        projected = self.query_key_value(self.attention_norm(x)).view(rows, length, 3, heads, head_dim)
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(rotate(query, cos, sin), rotate(key, cos, sin), value, is_causal=True)
        x = x + self.output(attended.transpose(1, 2).reshape(rows, length, hidden))
        gate, up = self.gate_up(self.ffn_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.norm = nn.RMSNorm(hidden, eps=1e-5)
        angles = torch.arange(context).float()[:, None] * 10000 ** (-torch.arange(0, head_dim, 2).float() / head_dim)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, 0.02)

    def forward(self, ids, targets):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        logits = F.linear(self.norm(x), self.embedding.weight)
        return F.cross_entropy(logits.view(-1, vocab).float(), targets.view(-1))


model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
forward = torch.compile(model) if mode == "compile" else model
ids = torch.randint(0, vocab, (batch, context))
targets = torch.randint(0, vocab, (batch, context))
print(json.dumps({"parameters": sum(p.numel() for p in model.parameters())}), flush=True)
for step in range(steps):
    if sys.stdin.readline() == "":
        break
    start = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        loss = forward(ids, targets)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    elapsed = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"stepMs": elapsed * 1000, "memoryBytes": memory, "loss": loss.item()}), flush=True)
