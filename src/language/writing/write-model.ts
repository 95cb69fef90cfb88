import { modelBlock } from '../../architecture/blocks';
import type { Instance } from '../../architecture/component';
import type { Around } from '../../architecture/make-instance';
import type { LayerSpec, ModelSpec } from '../../architecture/model';
import { format } from '../syntax/printer';
import {
  alignSettings,
  linesOf,
  type WrittenBlock,
  type WrittenComponent,
  writeChange,
  writeComponent,
} from './write-component';
import { writePattern } from './write-pattern';
import { writeValue } from './write-value';

/**
 * A model as one would write it: defaults left out, layers that differ from one another by `from`, the stack as the
 * shortest pattern. Reads back as the same model. `about` becomes the comment above it.
 */
export function writeModel(model: ModelSpec, about: readonly string[] = []): string {
  const { vocab, context, hidden, tied, initStd, stack } = model;
  const around: Around = { vocab, context, hidden, layers: stack.length };
  const { fields } = modelBlock;
  const sizes = [
    `vocab = ${vocab}`,
    `context = ${writeValue(fields.context, context)}`,
    `hidden = ${hidden}`,
    `tied = ${tied}`,
    ...(initStd === fields.init_std.default ? [] : [`init_std = ${writeValue(fields.init_std, initStd)}`]),
  ];
  const before = [
    writeOther('embedding', model.embedding, around),
    writeOther('position', model.position, around),
  ].flat();
  const last = model.kinds.find(({ name }) => name === stack.at(-1));
  const behind = [
    isNormOf(model.finalNorm, last) ? [] : linesOf(writeComponent('final_norm', model.finalNorm, around)),
    writeOther('head', model.head, around),
  ].flat();
  // Layers of prediction modules that the stack has as well are the same kind.
  const ahead = (model.mtp ?? []).map(kind => model.kinds.find(({ name }) => name === kind.name) ?? kind);
  const modules = ahead.length === 0 ? [] : [`mtp = ${writePattern(ahead.map(({ name }) => name))}`];
  const lines = [
    ...about.map(line => `# ${line}`.trimEnd()),
    `model ${model.name} {`,
    ...alignSettings(sizes),
    '',
    ...(before.length > 0 ? [...before, ''] : []),
    ...writeLayers([...new Set([...model.kinds, ...ahead])], around),
    ...alignSettings([`layers = ${writePattern(stack)}`, ...modules]),
    ...behind,
    '}',
  ];
  return format(`${lines.join('\n')}\n`);
}

/** What stands in a slot of the model, if it is not what stands there anyway. */
function writeOther(word: 'embedding' | 'position' | 'head', instance: Instance, around: Around): readonly string[] {
  const use = modelBlock.slots[word];
  const block = writeComponent(word, instance, around);
  return block.line === `${word} ${use?.default}` ? [] : linesOf(block);
}

/** The last norm is that of the last layer: it stands alone there, so where it stands around a branch says nothing. */
function isNormOf(norm: Instance, layer: LayerSpec | undefined): boolean {
  const other = layer?.branches[0]?.norm;
  if (other === undefined || other.id !== norm.id) return false;
  return JSON.stringify({ ...other.config, place: null }) === JSON.stringify({ ...norm.config, place: null });
}

/** A layer in the text: its lines, and what stands in its slots. */
interface WrittenLayer {
  readonly lines: readonly string[];
  readonly means: ReadonlyMap<string, WrittenComponent>;
}

function writeLayers(kinds: readonly LayerSpec[], around: Around): readonly string[] {
  const written = new Map<LayerSpec, WrittenLayer>();
  for (const kind of kinds) {
    const choices = [
      writeLayer(kind, undefined, around),
      ...[...written].flatMap(([base, { means }]) =>
        canCopy(kind, base) ? [writeLayer(kind, { base, means }, around)] : [],
      ),
    ];
    const length = ({ lines }: WrittenLayer) => lines.join('\n').length;
    written.set(
      kind,
      choices.reduce((best, next) => (length(next) < length(best) ? next : best)),
    );
  }
  return [...written.values()].flatMap(({ lines }) => lines);
}

/** A copy can change and add branches, neither drop nor move them; whether they are parallel stays. */
function canCopy(kind: LayerSpec, base: LayerSpec): boolean {
  return (
    kind.parallel === base.parallel &&
    base.branches.every((branch, index) => kind.branches[index]?.kind === branch.kind)
  );
}

function writeLayer(
  kind: LayerSpec,
  from: { readonly base: LayerSpec; readonly means: ReadonlyMap<string, WrittenComponent> } | undefined,
  around: Around,
): WrittenLayer {
  const means = new Map(from?.means);
  const lines: string[] = [];
  for (const [word, instance] of partsOf(kind)) {
    const copied = means.get(word);
    const block: WrittenBlock | null =
      copied === undefined ? writeComponent(word, instance, around) : writeChange(word, instance, copied, around);
    if (block === null) continue;
    means.set(word, block.means);
    lines.push(...linesOf(block).map(line => `  ${line}`));
  }
  const parallel = kind.parallel && from === undefined ? ['  parallel = true'] : [];
  const header = `layer ${kind.name}${from === undefined ? '' : ` from ${from.base.name}`}`;
  return { lines: [`${header} {`, ...parallel, ...lines, '}'], means };
}

/** Norm, then the branches in their order; the position stands behind the attention, which alone reads it. */
function partsOf({ branches }: LayerSpec): readonly (readonly [word: string, instance: Instance])[] {
  const [first] = branches;
  if (first === undefined) return [];
  return [
    ['norm', first.norm] as const,
    ...branches.flatMap(({ kind, body, position }) => [
      [kind, body] as const,
      ...(kind === 'attention' ? [['position', position] as const] : []),
    ]),
  ];
}
