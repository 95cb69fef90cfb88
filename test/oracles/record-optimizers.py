"""Records what the optimizers of PyTorch do to a few tensors in double precision, for test/engine/optimizers/torch.test.ts.

python record-optimizers.py > test/fixtures/optimizers.json. Needs torch 2.9 or later, which has Muon. Muon's products are kept in
double precision instead of bfloat16, so that the formula can be compared to the last digits.
"""

import json
import math
import sys

import torch

torch.set_default_dtype(torch.float64)
torch.Tensor.bfloat16 = torch.Tensor.clone

STEPS = 4
# What moves a tensor, and its shape, by its path in the model of the test.
TENSORS = {
    "embedding.table": ("table", [12, 6]),
    "layers.0.attention_norm_before.weight": ("vector", [6]),
    "layers.0.attention.query": ("matrix", [6, 6]),
    "layers.0.attention.query_bias": ("vector", [6]),
    "layers.0.ffn.router": ("matrix", [3, 6]),
    "layers.0.ffn.experts_in": ("stack", [3, 8, 6]),
    "layers.0.ffn.experts_out": ("stack", [3, 6, 4]),
    "layers.0.ffn.experts_in_bias": ("vector", [3, 8]),
    "layers.1.mixer.input": ("matrix", [20, 6]),
    "layers.1.mixer.filter": ("filter", [10, 1, 4]),
    "layers.1.mixer.decay": ("vector", [10, 3]),
    "layers.1.mixer.output": ("matrix", [6, 10]),
    "head.weight": ("head", [12, 6]),
}


def numbers(shape: list[int], index: int, step: int) -> torch.Tensor:
    """Numbers that anybody can make again: the weights are step 0, then the gradients."""
    count = math.prod(shape)
    values = [math.cos(0.37 * i * i + 1.7 * index + 0.9 * step) for i in range(count)]
    return torch.tensor(values).reshape(shape) * (0.1 if step == 0 else 0.3 / step)


def record(make, decay_on: set[str]) -> dict[str, list[float]]:
    """`make` turns lists of parameters by (kind, decays) into optimizers."""
    parts: dict[str, list[torch.nn.Parameter]] = {}
    groups: dict[tuple[str, bool], list[torch.nn.Parameter]] = {}
    for index, (path, (kind, shape)) in enumerate(TENSORS.items()):
        start = numbers(shape, index, 0)
        parts[path] = [torch.nn.Parameter(part.clone()) for part in (start if kind == "stack" else [start])]
        groups.setdefault((kind, kind in decay_on), []).extend(parts[path])
    optimizers = make(groups)
    for step in range(1, STEPS + 1):
        for index, (path, (kind, shape)) in enumerate(TENSORS.items()):
            gradient = numbers(shape, index, step)
            for part, own in zip(parts[path], gradient if kind == "stack" else [gradient]):
                part.grad = own.clone()
        for optimizer, rates in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rates / step
            optimizer.step()
    return {path: torch.stack([part.detach() for part in all]).flatten().tolist() for path, all in parts.items()}


MATRICES = {"table", "matrix", "stack", "filter", "head"}


def with_decay(groups, weight_decay: float):
    return [{"params": own, "weight_decay": weight_decay if decays else 0} for (_, decays), own in groups.items()]


def adamw(groups, lr: float, weight_decay: float):
    options = dict(lr=lr, betas=(0.8, 0.9), eps=1e-6)
    return torch.optim.AdamW(with_decay(groups, weight_decay), **options), lr


def sgd(groups, **options):
    weight_decay = options.pop("weight_decay")
    return [(torch.optim.SGD(with_decay(groups, weight_decay), **options), options["lr"])]


def muon(groups, scale: str, nesterov: bool):
    hidden = {key: own for key, own in groups.items() if key[0] in ("matrix", "stack")}
    others = {key: own for key, own in groups.items() if key not in hidden}
    options = dict(lr=0.02, momentum=0.9, nesterov=nesterov, adjust_lr_fn=scale)
    own = torch.optim.Muon(with_decay(hidden, 0.5), **options)
    return [(own, 0.02), adamw(others, 0.01, 0.5)]


CASES = {
    "adamw": (lambda groups: [adamw(groups, 0.01, 0.5)], MATRICES),
    "adamw, no_embeddings": (lambda groups: [adamw(groups, 0.01, 0.5)], MATRICES - {"table"}),
    "adamw, all": (lambda groups: [adamw(groups, 0.01, 0.5)], MATRICES | {"vector"}),
    "sgd": (lambda groups: sgd(groups, lr=0.1, momentum=0.9, weight_decay=0.2), MATRICES),
    "sgd, nesterov": (lambda groups: sgd(groups, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.2), MATRICES),
    "sgd, no momentum": (lambda groups: sgd(groups, lr=0.1, momentum=0, weight_decay=0.2), MATRICES),
    "muon": (lambda groups: muon(groups, "match_rms_adamw", True), MATRICES),
    "muon, original": (lambda groups: muon(groups, "original", False), MATRICES),
}

results = {
    name: {path: [float(f"{value:.9g}") for value in all] for path, all in record(make, decay_on).items()}
    for name, (make, decay_on) in CASES.items()
}
print(json.dumps({"torch": torch.__version__, "steps": STEPS, "results": results}), file=sys.stdout)
