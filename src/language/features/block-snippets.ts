import { type BlockWord, blocks } from '../../architecture/blocks';
import type { Definition } from '../../architecture/component';
import type { Field } from '../../architecture/fields';
import { variantsOf } from '../../architecture/registry';
import { requiredFields, settingSnippet, variantSnippet } from './snippets';

/** A whole block of each kind, made from the registry: what it cannot do without, and the parts that give it a shape. */
export const blockSnippets: Readonly<Record<BlockWord, string>> = {
  model: modelSnippet(),
  layer: `layer \${1:block} {\n${indent(layerBody(2))}\n}`,
  data: `data \${1:corpus} {\n  source = "\${2:data/*.txt}"\n  ${slotLine(blocks.data, 'tokenizer', 3)}\n}`,
  train: `train {\n  ${slotLine(blocks.train, 'optimizer', 1)}\n  ${slotLine(blocks.train, 'schedule', 1)}\n  batch = \${1:16}\n  tokens = \${2:10M}\n}`,
};

function modelSnippet(): string {
  const numbers = requiredFields(blocks.model.fields).filter(([, field]) => field.kind !== 'pattern');
  const settings = [
    ...numbers.map(([name, field], index) => settingSnippet(name, withTokenizer(name, field), index + 2)),
    settingSnippet('context', blocks.model.fields.context, numbers.length + 2),
  ];
  const layer = `layer block {\n${indent(layerBody(numbers.length + 3))}\n}`;
  return `model \${1:name} {\n${indent(settings.join('\n'))}\n\n${indent(layer)}\n${indent(`layers = block * \${${numbers.length + 4}:6}`)}\n}`;
}

/** A setting that the tokenizer has, too, proposes what the standard tokenizer has: the vocabularies must agree. */
function withTokenizer(name: string, field: Field): Field {
  const { slot, default: word } = blocks.data.slots.tokenizer;
  const standard = variantsOf(slot).get(word ?? '')?.fields[name]?.default;
  return field.kind === 'integer' && typeof standard === 'number' ? { ...field, suggestions: [standard] } : field;
}

function layerBody(place: number): string {
  const slots = Object.keys(blocks.layer.slots).filter(word => word !== 'position');
  return slots.map(word => slotLine(blocks.layer, word, place)).join('\n');
}

/** A slot with its default variant, or the first one that there is. */
function slotLine(definition: Definition, word: string, place: number): string {
  const use = definition.slots[word];
  const variants = use ? variantsOf(use.slot) : new Map<string, never>();
  const component = (use?.default ? variants.get(use.default) : undefined) ?? [...variants.values()][0];
  return component ? `${word} ${variantSnippet(component, place)}` : word;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
