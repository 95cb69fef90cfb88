import type { ResolvedBlock, ResolvedTrain } from '../resolved';

/** The decays of the two averages that AdamW keeps, for a run whose settings are sound. */
export function betasOf({
  resolved,
  approximate,
}: ResolvedTrain): { readonly optimizer: ResolvedBlock; readonly first: number; readonly second: number } | undefined {
  const optimizer = resolved.slots.get('optimizer');
  const betas = optimizer?.settings.get('betas')?.value;
  if (approximate || optimizer?.id !== 'optimizer.adamw' || !Array.isArray(betas)) return undefined;
  const [first, second] = betas;
  return typeof first === 'number' && typeof second === 'number' ? { optimizer, first, second } : undefined;
}
