import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, dataError } from '../problems';
import { pathInside, relativeName } from '../workspace-path';
import type { Tokenizer } from './tokenizer';
import { tokenizerFromJson } from './tokenizer-from-json';

export interface LoadedTokenizer {
  readonly tokenizer: Tokenizer;
  /** `eos_token` of the tokenizer_config.json beside the file, when there is one. */
  readonly endToken: string | null;
}

/** Reads the `tokenizer.json` that a data block names, inside the workspace folder. Throws `DataError`. */
export async function loadWorkspaceTokenizer(file: string, root: string): Promise<LoadedTokenizer> {
  const realRoot = await realpath(root);
  return loadTokenizer(await pathInside(realRoot, relativeName(file)), file);
}

/**
 * Reads any `tokenizer.json`. Throws `DataError`.
 *
 * @param name what the user calls the file
 * @param knownEnd the token that ends documents, where it is known without a tokenizer_config.json
 */
export async function loadTokenizer(
  path: string,
  name: string = path,
  knownEnd: string | null = null,
): Promise<LoadedTokenizer> {
  const endToken = knownEnd ?? (await readEndToken(join(dirname(path), 'tokenizer_config.json')));
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new DataError(
      dataError('tokenizer-file', {
        file: name,
        what: 'This tokenizer file is not valid JSON.',
        why: error instanceof Error ? `${error.message}.` : '',
        todo: 'Download it again; a pointer of Git LFS or an HTML page in its place looks like this.',
      }),
    );
  }
  const { value, problems } = tokenizerFromJson(json, { file: name, endToken });
  const [problem] = problems;
  if (value === null && problem !== undefined) throw new DataError(problem);
  if (value === null) throw new Error('tokenizerFromJson gave neither a value nor a problem');
  return { tokenizer: value, endToken };
}

/** The name of the end token; null where the file is missing, broken or says nothing, since it is only a hint. */
async function readEndToken(path: string): Promise<string | null> {
  try {
    const { eos_token: token } = JSON.parse(await readFile(path, 'utf8')) as { eos_token?: unknown };
    if (typeof token === 'string') return token;
    const content = typeof token === 'object' && token !== null && 'content' in token ? token.content : null;
    return typeof content === 'string' ? content : null;
  } catch {
    return null;
  }
}
