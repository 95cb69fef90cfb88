"""Records what transformers makes of exported folders, for `supra verify` and export-hf.ts to compare with.

python record-hf.py [--texts '["to tokenize", ...]'] FOLDER...

Writes io.safetensors and meta.json beside each config.json, as `supra verify` reads them, and prints a line of JSON for each
folder: the class, what `from_pretrained` complained of, and what tokenizer and generation settings came along.
Needs torch, transformers, safetensors.
"""

import argparse
import json
import pathlib
import traceback

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

# So small that descent does not turn rounding into other losses where the slopes are steep.
LEARNING_RATE = 0.001
STEPS = 5


def record(folder: pathlib.Path, model: torch.nn.Module) -> None:
    """Logits, loss, gradients and the losses of plain descent on a batch that only the vocabulary decides."""
    vocab = model.config.get_text_config().vocab_size
    ids = torch.randint(3, vocab, (2, 24), generator=torch.Generator().manual_seed(0))
    tensors: dict[str, torch.Tensor] = {"input_ids": ids}
    losses = []
    for step in range(STEPS + 1):
        model.zero_grad()
        logits = model(input_ids=ids, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, vocab), ids[:, 1:].reshape(-1))
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


def describe(folder: pathlib.Path, texts: list[str]) -> dict:
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    # As the model card says: by the class itself where the automatic one does not know it.
    known = type(config) in AutoModelForCausalLM._model_mapping
    loader = AutoModelForCausalLM if known else getattr(transformers, config.architectures[0])
    model, loading = loader.from_pretrained(
        folder,
        dtype=torch.float32,
        # The grouped product of experts wants rows of 16 bytes, which tiny models may not have.
        attn_implementation="eager",
        experts_implementation="eager",
        local_files_only=True,
        output_loading_info=True,
    )
    model.eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    # As the model card says.
    prompt = tokenizer(texts[0] if texts else "The ", return_tensors="pt")
    continued = model.generate(**prompt, max_new_tokens=4)
    generation = model.generation_config.to_diff_dict()
    record(folder, model)
    return {
        "folder": str(folder),
        "class": type(model).__name__,
        "auto": known,
        "loading": {key: sorted(map(str, value)) for key, value in loading.items() if value},
        "tokenizer": type(tokenizer).__name__,
        "ids": [tokenizer(text).input_ids for text in texts],
        "decoded": [tokenizer.decode(tokenizer(text).input_ids) for text in texts],
        "end": tokenizer.eos_token_id,
        "longest": tokenizer.model_max_length,
        "generation": {key: generation[key] for key in sorted(generation) if key != "transformers_version"},
        "written": continued.shape[1] - prompt.input_ids.shape[1],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--texts", default="[]")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(json.dumps({"torch": torch.__version__, "transformers": transformers.__version__}), flush=True)
    for folder in arguments.folders:
        torch.manual_seed(0)
        try:
            print(json.dumps(describe(folder, json.loads(arguments.texts))), flush=True)
        except Exception as error:  # One class that fails is no reason to leave the others out.
            traceback.print_exc()
            print(json.dumps({"folder": str(folder), "error": f"{type(error).__name__}: {error}"}), flush=True)


if __name__ == "__main__":
    main()
