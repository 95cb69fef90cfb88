import { costsOf } from '../../architecture/costs';
import { touches } from '../../base/text';
import type { ResolvedModel } from '../analysis/resolved';
import type { Analysed } from './analysed';
import { sizeOf } from './block-cost';

/** What a status bar shows about the model at a cursor. */
export interface Summary {
  readonly model: string;
  readonly total: number;
  readonly active: number;
  readonly layers: number;
  /** Something written is broken: the numbers are near, not exact. */
  readonly approximate: boolean;
  /** How many models the file has. */
  readonly models: number;
  readonly forwardFlopsPerToken: number;
}

/** The model that holds an offset, that the run at the offset trains, or else the first of the file. */
export function summary(analysed: Analysed, offset: number): Summary | undefined {
  const { file } = analysed;
  const train = file.trains.find(({ block }) => touches(block, offset));
  const model: ResolvedModel | undefined =
    file.models.find(({ block }) => touches(block, offset)) ?? train?.model ?? file.models.find(({ spec }) => spec);
  if (!model?.spec) return undefined;
  const { total, active } = sizeOf(model.spec);
  return {
    model: model.name,
    total,
    active,
    layers: model.spec.stack.length,
    approximate: model.approximate,
    models: file.models.length,
    forwardFlopsPerToken: costsOf(model.spec).forwardFlopsPerToken,
  };
}
