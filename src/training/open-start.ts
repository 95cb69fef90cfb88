import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExperimentSpec } from '../architecture/model';
import { loadTokenizer } from '../data/tokenizers/load-tokenizer';
import type { Tokenizer } from '../data/tokenizers/tokenizer';
import { CheckpointError } from '../exchange/hugging-face/checkpoint';
import { SafetensorsError } from '../exchange/safetensors';
import { compareStart } from '../exchange/start/compare-start';
import { findStart, type Start } from '../exchange/start/find-start';
import { hashOfStart, openStartWeights } from '../exchange/start/start-weights';
import type { RunRecord } from '../protocol/run-records';
import { RunError } from '../runs/run-error';

/** Weights that a run starts from, looked through but not read. */
export interface OpenedStart {
  /** Doubts that do not stop a run. */
  readonly warnings: readonly string[];
  /** Says when tokens mean something else to the weights than they do in the data. Throws a RunError. */
  checkTokenizer(tokenizer: Tokenizer): Promise<void>;
  /** Reads the weights, by the paths of the model's table, and says for run.json what they are. */
  read(): Promise<{
    readonly weights: ReadonlyMap<string, Float32Array>;
    readonly startedFrom: NonNullable<RunRecord['startedFrom']>;
  }>;
}

/** Problems that are told in full; of more it is told how many there are. */
const mostTold = 8;

/** Looks up what a run starts from; null when it starts from nothing. Throws a RunError when the weights are not those of the model. */
export async function openStart(
  root: string,
  { model, train }: Pick<ExperimentSpec, 'model' | 'train'>,
): Promise<OpenedStart | null> {
  const path = train.start ?? null;
  if (path === null) return null;
  const { value: start, problem } = findStart(root, path);
  if (start === null) throw new RunError(`The weights to start from cannot be used. ${problem}`);
  const { misfit, otherwise } = compareStart(model, start.spec);
  if (misfit !== null) {
    throw new RunError(
      `${path} (${start.title}) holds the weights of another model: its ${misfit.setting} is ${misfit.there}, here it is ${misfit.here}${andMore(misfit.more)}. Write the model as it is there.`,
    );
  }
  const { problems } = await withWeights(start, model, async ({ problems }) => ({ problems }));
  if (problems.length > 0) {
    const told = problems.slice(0, mostTold).map(line => `  ${line}`);
    const rest = problems.length > mostTold ? [`  and ${problems.length - mostTold} more`] : [];
    throw new RunError(
      [`The tensors of ${path} (${start.title}) are not those of the model:`, ...told, ...rest].join('\n'),
    );
  }
  const tokenizerFile = join(start.folder, 'tokenizer.json');
  const warnings = [
    ...(otherwise === null
      ? []
      : [
          `The weights of ${path} were trained with ${otherwise.setting} = ${otherwise.there}; the model has ${otherwise.here}${andMore(otherwise.more)}.`,
        ]),
    ...(existsSync(tokenizerFile)
      ? []
      : [`There is no tokenizer.json in ${path}, so nothing says whether its tokens are those of the data.`]),
  ];
  return {
    warnings,
    async checkTokenizer(tokenizer) {
      if (!existsSync(tokenizerFile)) return;
      const { tokenizer: own } = await loadTokenizer(tokenizerFile);
      const different = firstDifference(tokenizer, own);
      if (different === null) return;
      throw new RunError(
        `The tokenizer of the data is not that of ${path}: token ${different.id} is ${different.here} here and ${different.there} there, so its weights would read another text. Leave the tokenizer out of the data block: then it is that of the start.`,
      );
    },
    async read() {
      const weights = await withWeights(start, model, ({ read }) => read());
      return { weights, startedFrom: { path, title: start.title, sha256: await hashOfStart(start) } };
    },
  };
}

const andMore = (count: number): string =>
  count === 0 ? '' : ` (and ${count} other setting${count === 1 ? '' : 's'} differ${count === 1 ? 's' : ''})`;

async function withWeights<Result>(
  start: Start,
  model: ExperimentSpec['model'],
  work: (weights: Awaited<ReturnType<typeof openStartWeights>>) => Promise<Result>,
): Promise<Result> {
  try {
    const weights = await openStartWeights(start, model);
    try {
      return await work(weights);
    } finally {
      await weights.close();
    }
  } catch (error) {
    if (error instanceof CheckpointError || error instanceof SafetensorsError) throw new RunError(error.message, error);
    throw error;
  }
}

/** The first id that stands for another piece of text; null when every id means the same to both. */
function firstDifference(
  here: Tokenizer,
  there: Tokenizer,
): { readonly id: number; readonly here: string; readonly there: string } | null {
  const [one, other] = [spellings(here), spellings(there)];
  for (let id = 0; id < Math.max(one.length, other.length); id++) {
    if (one[id] === other[id]) continue;
    const shown = (text: string | undefined) => (text === undefined ? 'nothing' : JSON.stringify(text));
    return { id, here: shown(one[id]), there: shown(other[id]) };
  }
  return null;
}

/** How each id is spelt in tokenizer.json. */
function spellings(tokenizer: Tokenizer): readonly (string | undefined)[] {
  const found: (string | undefined)[] = [];
  const { model, added_tokens: added } = tokenizer.toJson() as {
    readonly model?: { readonly vocab?: unknown };
    readonly added_tokens?: unknown;
  };
  const vocab = model?.vocab;
  // A list of [piece, score] for Unigram, else ids by piece.
  if (Array.isArray(vocab)) for (const [id, entry] of vocab.entries()) found[id] = String(entry?.[0]);
  else for (const [piece, id] of Object.entries(vocab ?? {})) if (typeof id === 'number') found[id] = piece;
  if (Array.isArray(added)) for (const { id, content } of added) found[id] = content;
  return found;
}
