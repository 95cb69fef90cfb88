"""Records what transformers computes for an exported folder, for `supra verify` to compare with.

python record-hf.py FOLDER: writes io.safetensors and meta.json beside config.json. Needs torch, transformers, safetensors.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

LEARNING_RATE = 0.05
STEPS = 5


def main(folder: pathlib.Path) -> None:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
    ).eval()
    vocab = model.config.get_text_config().vocab_size
    ids = torch.randint(3, vocab, (2, 12))

    def loss_of() -> tuple[torch.Tensor, torch.Tensor]:
        logits = model(input_ids=ids, use_cache=False).logits
        flat = logits[:, :-1].reshape(-1, vocab)
        return logits, torch.nn.functional.cross_entropy(flat, ids[:, 1:].reshape(-1))

    tensors: dict[str, torch.Tensor] = {"input_ids": ids}
    losses = []
    for step in range(STEPS + 1):
        model.zero_grad()
        logits, loss = loss_of()
        loss.backward()
        if step == 0:
            tensors["logits"], tensors["loss"] = logits.detach().contiguous(), loss.detach()
            for name, parameter in model.named_parameters():
                if parameter.grad is not None:
                    tensors[f"grad.{name}"] = parameter.grad.clone().contiguous()
        else:
            losses.append(loss.item())
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter -= LEARNING_RATE * parameter.grad
    save_file(tensors, folder / "io.safetensors")
    meta = {"sgd": {"learning_rate": LEARNING_RATE, "losses_after_step": losses}, "gradients": {"zero_in_theory": []}}
    (folder / "meta.json").write_text(json.dumps(meta, indent=2))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
