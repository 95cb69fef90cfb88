import type { Instance } from '../../architecture/component';
import type { ModelSpec } from '../../architecture/model';
import { type ComponentId, type SettingsOf, settingsIf } from '../../architecture/registry';
import { branchOf, firstOf, perStack } from '../hugging-face/write-common';

const windowPerLayer = (spec: ModelSpec): readonly boolean[] =>
  perStack(spec, branches => typeof branchOf(branches, 'attention')?.body.config.window === 'number');

export const hasWindow = (spec: ModelSpec): boolean => windowPerLayer(spec).includes(true);

/**
 * Every how manieth layer has no window, counted so that the last of each group is that layer; 0: all have one, 1: none has;
 * `null`: the layers follow no such pattern.
 */
export function periodOf(spec: ModelSpec): number | null {
  const windowed = windowPerLayer(spec);
  if (windowed.every(Boolean)) return 0;
  const period = windowed.indexOf(false) + 1;
  return windowed.every((has, index) => has === ((index + 1) % period !== 0)) ? period : null;
}

export interface Router {
  readonly renormalize: boolean;
  readonly scale: number;
  readonly groups?: number;
  readonly top_groups?: number;
}

export function routerOf(spec: ModelSpec): Router | null {
  const router = firstOf(spec, 'ffn.moe')?.router;
  return settingsOrNull(router, 'router.sigmoid') ?? settingsOrNull(router, 'router.softmax');
}

export const settingsOrNull = <Id extends ComponentId>(
  instance: Instance | undefined,
  id: Id,
): SettingsOf<Id> | null => (instance === undefined ? null : settingsIf(instance, id));
