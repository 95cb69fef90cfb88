import type { ModelCosts } from '../../architecture/costs';
import { formatCount, formatInteger } from '../../base/format';

/** What a model card tells of a run. */
export interface CardFacts {
  readonly name: string;
  /** The file that the model was written in. */
  readonly source: string;
  readonly costs: ModelCosts;
  readonly modelType: string;
  readonly tokens: number;
  /** Validation loss by step, in nats per token. */
  readonly evals: readonly { readonly step: number; readonly loss: number }[];
  readonly seed: number;
  /** What the first weights were; null where they were drawn. */
  readonly startedFrom: string | null;
  readonly supra: string;
}

/** Rows of the table of losses; more are thinned out evenly. */
const mostRows = 20;

/** README.md of an exported model: what it is, how it learned, how to load it. */
export function modelCard({
  name,
  source,
  costs,
  modelType,
  tokens,
  evals,
  seed,
  startedFrom,
  supra,
}: CardFacts): string {
  const step = Math.max(1, Math.ceil(evals.length / mostRows));
  const shown = evals.filter((_, index) => index % step === 0 || index === evals.length - 1);
  const best = Math.min(...evals.map(({ loss }) => loss));
  const active = costs.active === costs.total ? '' : `, ${formatInteger(costs.active)} active per token`;
  const start = startedFrom === null ? '' : `, starting from the weights of ${startedFrom}`;
  return `---
library_name: transformers
pipeline_tag: text-generation
tags:
- supra
- ${modelType}
---

# ${name}

${formatCount(costs.total)} parameters (${formatInteger(costs.total)}${active}), trained on ${formatCount(tokens)} tokens with Supra ${supra}, seed ${seed}${start}.

\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("path/to/this/folder")
tokenizer = AutoTokenizer.from_pretrained("path/to/this/folder")
\`\`\`

## Validation loss

${
  evals.length === 0
    ? 'Nothing was held out and measured.'
    : `The lowest is ${best.toFixed(4)} nats per token.\n\n| step | loss |\n|--:|--:|\n${shown.map(row => `| ${formatInteger(row.step)} | ${row.loss.toFixed(4)} |`).join('\n')}`
}

## Specification

\`\`\`
${source.trimEnd()}
\`\`\`
`;
}
