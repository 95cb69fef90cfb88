import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { loadTokenizer } from '../data/tokenizers/load-tokenizer';
import type { Tokenizer } from '../data/tokenizers/tokenizer';
import { writeFileAtomically } from '../runs/atomic-write';
import { runPaths } from '../runs/run-folder';

/** Puts the tokenizer of a run into its folder, as Hugging Face keeps it: with the name of its end token beside it. */
export function saveRunTokenizer(runFolder: string, tokenizer: Tokenizer): void {
  const { tokenizer: path } = runPaths(runFolder);
  const json = tokenizer.toJson();
  writeFileAtomically(path, JSON.stringify(json));
  const end = tokenizer.endOfText === null ? null : nameOfToken(json, tokenizer.endOfText);
  if (end === null) return;
  writeFileAtomically(join(dirname(path), 'tokenizer_config.json'), `${JSON.stringify({ eos_token: end }, null, 1)}\n`);
}

/** The tokenizer of a run. Throws a DataError when it is missing or damaged. */
export async function loadRunTokenizer(runFolder: string): Promise<Tokenizer> {
  const { tokenizer } = await loadTokenizer(runPaths(runFolder).tokenizer);
  return tokenizer;
}

const addedTokens = v.object({ added_tokens: v.array(v.object({ id: v.number(), content: v.string() })) });

function nameOfToken(json: Readonly<Record<string, unknown>>, id: number): string | null {
  const result = v.safeParse(addedTokens, json);
  return result.success ? (result.output.added_tokens.find(token => token.id === id)?.content ?? null) : null;
}
