import type { SettingsOf } from '../../../src/architecture/registry';

/** What a mixture of experts answers, token by token in double precision: slow, and easy to read. */
export function mixtureOracle(
  input: Float32Array,
  hidden: number,
  config: SettingsOf<'ffn.moe'>,
  read: (name: string) => Float32Array,
): { readonly answers: number[]; readonly load: number[] } {
  const { experts, width } = config;
  const load = new Array<number>(experts).fill(0);
  const answers: number[] = [];
  const answerOf = (expert: number, x: readonly number[]): number[] => {
    const inner = config.gated ? 2 * width : width;
    const into = matrix(read('experts_in'), expert, inner, hidden);
    const out = matrix(read('experts_out'), expert, hidden, width);
    const offset = (name: string, size: number) =>
      config.bias ? [...read(name)].slice(expert * size, (expert + 1) * size) : new Array<number>(size).fill(0);
    const sums = plus(times(into, x), offset('experts_in_bias', inner));
    return plus(
      times(
        out,
        config.gated ? gated(sums.slice(0, width), sums.slice(width), config) : sums.map(value => act(value, config)),
      ),
      offset('experts_out_bias', hidden),
    );
  };
  const besideOf = (place: string, size: number, x: readonly number[]): number[] => {
    const up = times(matrix(read(`${place}_up`), 0, size, hidden), x);
    const inner = config.gated
      ? times(matrix(read(`${place}_gate`), 0, size, hidden), x).map(
          (gate, index) => act(gate, config) * (up[index] ?? 0),
        )
      : up.map(value => act(value, config));
    return times(matrix(read(`${place}_down`), 0, hidden, size), inner);
  };
  for (let start = 0; start < input.length; start += hidden) {
    const x = [...input.slice(start, start + hidden)];
    const routerBias =
      config.router.config.bias === true ? [...read('router_bias')] : new Array<number>(experts).fill(0);
    const scores = plus(times(matrix(read('router'), 0, experts, hidden), x), routerBias);
    const chosen = choose(scores, config, read);
    let y = new Array<number>(hidden).fill(0);
    for (const { expert, weight } of chosen) {
      load[expert] = (load[expert] ?? 0) + 1;
      y =
        config.router.id === 'router.input'
          ? plus(
              y,
              answerOf(
                expert,
                x.map(value => weight * value),
              ),
            )
          : plus(
              y,
              answerOf(expert, x).map(value => weight * value),
            );
    }
    if (config.shared > 0) {
      const open = config.shared_gate ? sigmoid(dot([...read('shared_switch')], x)) : 1;
      y = plus(
        y,
        besideOf('shared', config.shared * config.shared_width, x).map(value => open * value),
      );
    }
    if (config.dense_width !== null)
      y = plus(y, besideOf('dense', config.dense_width, x)).map(value => value / Math.sqrt(2));
    answers.push(...y);
  }
  return { answers, load };
}

interface Chosen {
  readonly expert: number;
  readonly weight: number;
}

function choose(
  raw: number[],
  { experts, top_k: topK, router }: SettingsOf<'ffn.moe'>,
  read: (name: string) => Float32Array,
): Chosen[] {
  const {
    softcap,
    renormalize,
    scale = 1,
    groups = 1,
    top_groups: topGroups = 1,
    correction_bias: correction,
  } = router.config as Readonly<Record<string, unknown>> as {
    softcap?: number | null;
    renormalize?: boolean;
    scale?: number;
    groups?: number;
    top_groups?: number;
    correction_bias?: string;
  };
  const capped = raw.map(score => (typeof softcap === 'number' ? softcap * Math.tanh(score / softcap) : score));
  const total = capped.reduce((sum, score) => sum + Math.exp(score), 0);
  const shares = capped.map(score => (router.id === 'router.softmax' ? Math.exp(score) / total : sigmoid(score)));
  const bias = correction === 'buffer' ? [...read('router_correction')] : new Array<number>(experts).fill(0);
  const ranked = plus(shares, bias);
  const size = experts / groups;
  const groupScore = (group: number) =>
    ranked
      .slice(group * size, (group + 1) * size)
      .sort((a, b) => b - a)
      .slice(0, 2)
      .reduce((sum, score) => sum + score, 0);
  const kept = best(
    Array.from({ length: groups }, (_, group) => groupScore(group)),
    topGroups,
  );
  const open = ranked.map((score, expert) =>
    kept.includes(Math.floor(expert / size)) ? score : Number.NEGATIVE_INFINITY,
  );
  const picked = best(open, topK);
  const sum = renormalize === true ? picked.reduce((all, expert) => all + (shares[expert] ?? 0), 0) : 1;
  return picked.map(expert => ({ expert, weight: ((shares[expert] ?? 0) / sum) * scale }));
}

const best = (scores: readonly number[], count: number): number[] =>
  [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, count);

function gated(gate: number[], up: number[], config: SettingsOf<'ffn.moe'>): number[] {
  const { clamp, alpha } = config;
  return gate.map((value, index) => {
    const other = up[index] ?? 0;
    if (clamp === null) return act(value, config) * other;
    const bounded = Math.min(value, clamp);
    return (Math.min(Math.max(other, -clamp), clamp) + 1) * bounded * sigmoid(alpha * bounded);
  });
}

function act(x: number, { activation }: Pick<SettingsOf<'ffn.moe'>, 'activation'>): number {
  if (activation === 'silu') return x * sigmoid(x);
  if (activation === 'relu2') return Math.max(0, x) ** 2;
  if (activation === 'gelu_tanh') return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  throw new Error(`The oracle knows no ${activation}.`);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
const times = (rows: readonly number[][], x: readonly number[]): number[] => rows.map(row => dot(row, x));
const plus = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, index) => value + (b[index] ?? Number.NaN));

/** Matrix `index` of a stack of matrices. */
const matrix = (data: Float32Array, index: number, rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, row) => {
    const start = (index * rows + row) * columns;
    return [...data.slice(start, start + columns)];
  });
