import { dataBlock } from '../../architecture/blocks';
import type { DataSpec, ModelSpec } from '../../architecture/model';
import { type ComponentId, componentOf, type IdOf } from '../../architecture/registry';
import { tokenizerOfStart } from '../../architecture/start-path';
import type { Block } from '../syntax/tree';
import { closeBlock, openBlock, openSlots } from './block';
import type { Context } from './context';
import { type NameTable, withBases } from './names';
import type { OpenBlock } from './open-block';
import { isInRange } from './read-value';
import type { ResolvedData } from './resolved';

/** Resolves a data block. */
export function resolveData(context: Context, block: Block, table: NameTable): ResolvedData {
  const outer = context.entity;
  context.entity = { approximate: false };
  const resolved = openBlock(context, {
    word: 'data',
    definition: dataBlock,
    written: withBases(context, block, 'data', table),
    anchor: block.from,
  });
  openSlots(resolved);
  closeBlock(resolved);
  const { approximate } = context.entity;
  context.entity = outer;
  return { name: block.label?.text ?? '', resolved, block, spec: specOf(resolved), approximate };
}

/** What is read where no data block is: the bundled corpus, every setting at its default. */
export function standardData(context: Context): DataSpec {
  const resolved = openBlock(context, { word: 'data', definition: dataBlock, written: [] });
  openSlots(resolved);
  closeBlock(resolved);
  return specOf(resolved);
}

/** A tokenizer that nobody wrote is that of the weights the run begins from, else it takes the vocabulary of the model that reads it. */
export function fitTokenizer(
  data: DataSpec,
  resolved: ResolvedData | undefined,
  model: ModelSpec,
  start: string | null,
): DataSpec {
  const slot = resolved?.resolved.slots.get('tokenizer');
  const { tokenizer } = data;
  if (slot && slot.written.length > 0) return data;
  if (start !== null) return { ...data, tokenizer: { id: 'tokenizer.hf', config: { file: tokenizerOfStart(start) } } };
  if (!('vocab' in tokenizer.config)) return data;
  const field = dataVocabulary(tokenizer.id);
  if (!field || !isInRange(field, model.vocab)) return data;
  return { ...data, tokenizer: { id: tokenizer.id, config: { ...tokenizer.config, vocab: model.vocab } } };
}

function dataVocabulary(id: ComponentId) {
  const field = componentOf({ id }).fields.vocab;
  return field?.kind === 'integer' ? field : undefined;
}

function specOf(resolved: OpenBlock): DataSpec {
  const value = (name: string) => resolved.settings.get(name)?.value;
  const [source, textField, holdout] = [value('source'), value('text_field'), value('holdout')];
  const tokenizer = resolved.slots.get('tokenizer')?.instance;
  if (!tokenizer) throw new Error('expected a default tokenizer in the registry, got none');
  return {
    source: typeof source === 'string' ? source : null,
    textField: typeof textField === 'string' ? textField : 'text',
    holdout: typeof holdout === 'number' ? holdout : 0,
    // The slot of this name only takes tokenizers.
    tokenizer: { id: tokenizer.id as IdOf<'tokenizer'>, config: tokenizer.config },
  };
}
