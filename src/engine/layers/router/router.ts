import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { IdOf, SettingsOf } from '../../../architecture/registry';

/** How a component of the slot `router` turns scores into choices. */
export interface Router<Id extends IdOf<'router'>> {
  /** What the weights of the chosen experts multiply: what an expert reads, or what it answers. */
  readonly weighs: 'input' | 'output';
  /** Chooses experts by scores of all of them, [tokens, experts]. */
  route(scores: Tensor2D, scope: RouterScope<SettingsOf<Id>>): Routing;
}

export interface RouterScope<Settings> {
  readonly config: Settings;
  readonly topK: number;
  /** [experts]; moves the choice, not the weights. */
  readonly correction: Tensor1D | null;
  /** Gradients will be asked for: auxiliary losses apply. */
  readonly training: boolean;
}

/** The choice of every token. */
export interface Routing {
  /** Experts, best first, [tokens, topK] row by row. */
  readonly chosen: Int32Array;
  /** Their weights, [tokens, topK]; gradients flow through them, not through the choice. */
  readonly weights: Tensor2D;
}
