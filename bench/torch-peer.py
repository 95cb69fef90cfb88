"""The PyTorch side of the benchmarks: the same decoder as a strong PyTorch user would write it.

Fused query/key/value and gate/up projections, scaled_dot_product_attention, nn.RMSNorm, fused AdamW, gradient clipping.
Does what each line it reads asks for and answers with one line of JSON, like supra-peer.ts.

usage: torch-peer.py '{"layers": ..., "mode": "eager" or "compile", "precision": "fp32" or "bf16", "threads": ...}'
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

task = json.loads(sys.argv[1])
layers, hidden, heads, batch, context, vocab = (task[k] for k in ("layers", "hidden", "heads", "batch", "context", "vocab"))
window, mode, precision = task["window"], task["mode"], task["precision"]
torch.set_num_threads(task["threads"])
torch.manual_seed(0)
head_dim = hidden // heads


def resident(field):
    """Bytes of resident memory as Linux counts them: VmRSS now, VmHWM at most since forget_peak."""
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith(field))


def forget_peak():
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")
    return {}


baseline_bytes = resident("VmRSS")


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
        query, key = rotate(query, cos, sin), rotate(key, cos, sin)
        if visible is None:
            attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        else:
            attended = F.scaled_dot_product_attention(query, key, value, attn_mask=visible)
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


visible = None
if window > 0:
    distance = torch.arange(context)[:, None] - torch.arange(context)
    visible = (distance >= 0) & (distance < window)
model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
forward = torch.compile(model) if mode == "compile" else model
ids = torch.randint(0, vocab, (batch, context))
targets = torch.randint(0, vocab, (batch, context))


def step():
    start = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        loss = forward(ids, targets)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    elapsed = time.perf_counter() - start
    return {"stepMs": elapsed * 1000, "loss": loss.item(), "peakBytes": resident("VmHWM")}


def best_seconds(work):
    best, end = float("inf"), time.perf_counter() + 0.5
    while True:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() > end:
            return best


def limits():
    # Where bf16 is emulated a large product would take minutes.
    size = 1536 if precision == "fp32" else 512
    a, b = (torch.rand(size, size, dtype=torch.float32 if precision == "fp32" else torch.bfloat16) for _ in range(2))
    source, target = torch.ones(2**24), torch.zeros(2**24)
    with torch.no_grad():
        flops = 2 * size**3 / best_seconds(lambda: torch.mm(a, b))
        copied = 2 * 4 * source.numel() / best_seconds(lambda: target.copy_(source))
    return {"flopsPerSecond": flops, "bytesPerSecond": copied}


def say(answer):
    print(json.dumps(answer), flush=True)


say({
    "parameters": sum(p.numel() for p in model.parameters()),
    "baselineBytes": baseline_bytes,
    "details": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}",
})
doing = {"step": step, "limits": limits, "forget-peak": forget_peak}
for line in sys.stdin:
    say(doing[line.strip()]())
