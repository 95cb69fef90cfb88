"""The PyTorch side of bench/loss-curve.ts: trains a Llama from given weights on given batches and prints its losses.

A plain nn.Module with the tensor names of transformers' LlamaForCausalLM, so that the weights load by name.

usage: torch-curve.py FOLDER '{"layers": ..., "precision": ..., "learningRates": [...], "clip": ..., ...}'
FOLDER holds weights.safetensors and batches.bin (int32: inputs, then targets, of each step).
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

folder, task = Path(sys.argv[1]), json.loads(sys.argv[2])
hidden, heads, batch, context, vocab = (task[k] for k in ("hidden", "heads", "batch", "context", "vocab"))
torch.set_num_threads(task["threads"])
head_dim = hidden // heads


def rotate(x, cos, sin):
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(hidden, hidden, bias=False) for _ in range(4))

    def forward(self, x, cos, sin):
        query, key, value = (
            project(x).view(batch, context, heads, head_dim).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        query, key = rotate(query, cos, sin).to(value.dtype), rotate(key, cos, sin).to(value.dtype)
        attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.o_proj(attended.transpose(1, 2).reshape(batch, context, hidden))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate_proj, self.up_proj = (nn.Linear(hidden, 4 * hidden, bias=False) for _ in range(2))
        self.down_proj = nn.Linear(4 * hidden, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(hidden, eps=1e-5)
        self.self_attn = Attention()
        self.post_attention_layernorm = nn.RMSNorm(hidden, eps=1e-5)
        self.mlp = Mlp()

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(vocab, hidden)
        self.model.layers = nn.ModuleList(Block() for _ in range(task["layers"]))
        self.model.norm = nn.RMSNorm(hidden, eps=1e-5)
        frequencies = 10000 ** (-torch.arange(0, head_dim, 2).double() / head_dim)
        angles = torch.cat(2 * [torch.arange(context).double()[:, None] * frequencies], -1)
        self.cos, self.sin = angles.cos().float(), angles.sin().float()

    def forward(self, ids, targets):
        x = self.model.embed_tokens(ids)
        for layer in self.model.layers:
            x = layer(x, self.cos, self.sin)
        logits = F.linear(self.model.norm(x), self.model.embed_tokens.weight)
        return F.cross_entropy(logits.view(-1, vocab).float(), targets.view(-1))


def read_safetensors(path):
    """Tensors by name; all of them are F32 here."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    entries = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in entries.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", entry
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).view(entry["shape"])
    return tensors


model = Llama()
model.load_state_dict(read_safetensors(folder / "weights.safetensors"), strict=True)
decay, plain = task["weightDecay"], [p for p in model.parameters() if p.dim() == 1]
matrices = [p for p in model.parameters() if p.dim() > 1]
optimizer = torch.optim.AdamW(
    [{"params": matrices, "weight_decay": decay}, {"params": plain, "weight_decay": 0.0}],
    betas=task["betas"],
    eps=task["epsilon"],
)
batches = torch.frombuffer(bytearray((folder / "batches.bin").read_bytes()), dtype=torch.int32).long()
batches = batches.view(-1, 2, batch, context)
for ids, rate in zip(batches, task["learningRates"], strict=True):
    for group in optimizer.param_groups:
        group["lr"] = rate
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=task["precision"] == "bf16"):
        loss = model(ids[0], ids[1])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), task["clip"])
    optimizer.step()
    optimizer.zero_grad()
    print(json.dumps(loss.item()), flush=True)
