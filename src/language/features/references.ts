import type { Span } from '../../base/text';
import type { FileSymbol, ResolvedSetting } from '../analysis/resolved';
import type { Setting, Word } from '../syntax/tree';
import type { Analysed } from './analysed';
import { type Place, placeAt } from './place';

/** A place where a name is used. */
export interface Use extends Span {
  readonly kind: 'definition' | 'use';
}

/** Everywhere a name or setting is written: its definition first. */
export function references(analysed: Analysed, offset: number): readonly Use[] {
  const place = placeAt(analysed, offset);
  const symbol = symbolAt(place);
  if (symbol) return usesOf(symbol);
  const setting = settingAt(place);
  return setting ? settingUses(analysed, setting) : [];
}

/** The named thing that a word defines or uses. */
export function symbolAt({ reference }: Place): FileSymbol | undefined {
  return reference?.kind === 'symbol' ? reference.symbol : undefined;
}

export function usesOf(symbol: FileSymbol): readonly Use[] {
  return [use('definition', symbol.definition), ...symbol.uses.map(word => use('use', word))];
}

/** The setting that a word names, in its own line or in arithmetic elsewhere. */
function settingAt({ word, setting, reference, resolvedSetting }: Place): Setting | undefined {
  if (reference?.kind === 'setting') return reference.setting.setting;
  return word !== undefined && setting?.name === word ? resolvedSetting?.setting : undefined;
}

function settingUses({ file }: Analysed, setting: Setting): readonly Use[] {
  const isOf = (resolved: ResolvedSetting) => resolved.setting === setting;
  const words: Word[] = [];
  for (const [word, reference] of file.references) {
    if (reference.kind === 'setting' && isOf(reference.setting)) words.push(word);
  }
  words.sort((a, b) => a.start - b.start);
  return [use('definition', setting.name), ...words.map(word => use('use', word))];
}

const use = (kind: Use['kind'], { start, end }: Span): Use => ({ kind, start, end });
