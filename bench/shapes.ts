import type { ExperimentSpec } from '../src/architecture/model';
import { analyze } from '../src/language/analysis/analyze';

/** A Llama of one size and the batch that it is trained on. The same JSON goes to every peer. */
export interface Shape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly vocab: number;
  readonly batch: number;
  readonly context: number;
  /** Tokens that attention looks back at; 0 is all of them. */
  readonly window: number;
}

const study = { heads: 8, vocab: 8192, batch: 16, context: 256, window: 0 };

/** The founding study, and the model of the demo (examples/supra-mini.supra). */
export const shapes: Readonly<Record<string, Shape>> = {
  '12x128': { layers: 12, hidden: 128, ...study },
  '6x192': { layers: 6, hidden: 192, ...study },
  '3x256': { layers: 3, hidden: 256, ...study },
  'supra-mini': { layers: 2, hidden: 96, heads: 4, vocab: 2048, batch: 4, context: 128, window: 0 },
  /** For work on the benchmark itself. */
  tiny: { layers: 1, hidden: 32, heads: 2, vocab: 256, batch: 2, context: 32, window: 0 },
};

export function shapeOf(name: string): Shape {
  const shape = shapes[name];
  if (shape === undefined) throw new Error(`Unknown shape ${name}: expected ${Object.keys(shapes).join(', ')}.`);
  return shape;
}

export const tokensPerStep = ({ batch, context }: Shape): number => batch * context;

/** The shape as a user would write it. */
export function experimentOf({ layers, hidden, heads, vocab, batch, context, window }: Shape): ExperimentSpec {
  const { file, problems } = analyze(`
    model peer {
      vocab = ${vocab}
      context = ${context}
      hidden = ${hidden}
      layer block {
        norm rms
        attention gqa { heads = ${heads} ${window > 0 ? `window = ${window}` : ''} }
        position rope { theta = 10k }
        ffn swiglu { width = 4 * hidden }
      }
      layers = block * ${layers}
    }
    train {
      batch = ${batch}
      steps = 100
      optimizer adamw { lr = 1e-3  betas = [0.9, 0.95]  weight_decay = 0.1 }
    }`);
  const experiment = file.trains[0]?.experiment;
  const error = problems.find(problem => problem.severity === 'error');
  if (experiment === undefined || error !== undefined) throw new Error(`Expected a sound spec: ${error?.message}`);
  return experiment;
}
