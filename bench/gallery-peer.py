"""A model of transformers that trains one step per line it reads and answers with its milliseconds.

python gallery-peer.py FOLDER BATCH CONTEXT [THREADS]: FOLDER holds config.json. Needs torch and transformers.
"""

import sys
import time

import torch
import transformers


def main() -> None:
    folder, batch, context = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4 and sys.argv[4]:
        torch.set_num_threads(int(sys.argv[4]))
    torch.manual_seed(1)
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        # By name: AutoModelForCausalLM does not know every class that there is.
        model = getattr(transformers, config.architectures[0])(config).float().train()
    except Exception as error:  # noqa: BLE001
        print("fails: " + type(error).__name__, flush=True)
        return
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    vocab = model.config.get_text_config().vocab_size
    ids = torch.randint(0, vocab, (batch, context + 1))
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits
        torch.nn.functional.cross_entropy(logits.reshape(-1, vocab).float(), ids[:, 1:].reshape(-1)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        print(1000 * (time.perf_counter() - start), flush=True)


main()
