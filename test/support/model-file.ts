/** What a test says of its model file; the rest is so small that it trains hundreds of steps a second. */
export interface ModelFile {
  readonly name?: string;
  readonly vocab?: number;
  readonly context?: number;
  readonly hidden?: number;
  readonly norm?: string;
  readonly heads?: number;
  readonly position?: string;
  readonly width?: number | string;
  readonly layers?: number;
  /** Lines of its `data` and `train` blocks; a file without them has the model only. */
  readonly data?: readonly string[];
  readonly train?: readonly string[];
}

/** A Llama in the language, formatted. Tests of everything but the language itself make their models from it. */
export const modelFile = ({
  name = 'tiny',
  vocab = 257,
  context = 16,
  hidden = 16,
  norm = 'rms',
  heads = 2,
  position = 'rope',
  width = 32,
  layers = 2,
  data,
  train,
}: ModelFile = {}): string => `model ${name} {
  vocab   = ${vocab}
  context = ${context}
  hidden  = ${hidden}

  layer block {
    norm ${norm}
    attention gqa { heads = ${heads} }
    position ${position}
    ffn swiglu { width = ${width} }
  }
  layers = block * ${layers}
}
${block('data corpus', data)}${block('train', train)}`;

const block = (head: string, lines: readonly string[] | undefined): string =>
  lines === undefined ? '' : `\n${head} {\n${lines.map(line => `  ${line}\n`).join('')}}\n`;

/** What the models of the founding study have in common. */
export const studyModel = {
  vocab: 8192,
  context: 512,
  heads: 8,
  position: 'rope { theta = 10k }',
  width: '4 * hidden',
} as const satisfies ModelFile;

/** The third of them: 5,244,672 parameters. */
export const shallowWide = modelFile({ ...studyModel, name: 'shallow_wide', hidden: 256, layers: 3 });

/** Lines of a `data` block that reads text.txt. */
export const whaleData = ['source = "text.txt"', 'tokenizer bytes'];

/** Text whose sentences are alike, so that a tiny model learns something in seconds. */
export const whales = (lines: number): string =>
  Array.from(
    { length: lines },
    (_, index) =>
      `The whale number ${index} swam ${(index * 7) % 13} miles to the ${['north', 'south', 'east'][index % 3]}. `,
  ).join('\n');
