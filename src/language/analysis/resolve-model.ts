import { modelBlock } from '../../architecture/blocks';
import type { Instance } from '../../architecture/component';
import type { ModelSpec } from '../../architecture/model';
import { variantsOf } from '../../architecture/registry';
import { printExpression } from '../syntax/printer';
import type { Block, Document, Word } from '../syntax/tree';
import { type AutoUse, autoWord } from './auto';
import { closeBlock, openBlock, openSlots } from './block';
import { type Context, openContext, refer } from './context';
import { openLayers } from './layer-names';
import { checkName, maxCopies, type NameTable, withBases } from './names';
import type { OpenBlock, SettingSource, SpecialValue } from './open-block';
import { expandPattern } from './pattern';
import { isNone } from './read-value';
import { type Recall, recalled, textOf } from './recall';
import { resolveLayers } from './resolve-layer';
import type { ResolvedLayer, ResolvedModel, WrittenBlock } from './resolved';
import { environmentOf, reportSetting } from './settings';
import { solveBudget } from './solve-budget';
import { nearest } from './suggest';
import { tellOutcome } from './tell-outcome';

/** Resolves the models of a file, each after the one that it is copied from. */
export function modelResolver(context: Context, table: NameTable, recall: Recall): (block: Block) => ResolvedModel {
  const done = new Map<Block, ResolvedModel>();
  const { document } = context;
  // Most files do without `auto`, and looking through what every model copies takes time; what comes from outside may have it.
  const isFromOutside = ({ from }: Block) => from !== undefined && !table.has(from.text);
  const mayHaveAuto =
    document.text.includes(autoWord) || document.items.some(item => item.kind === 'block' && isFromOutside(item));
  const layerNames = new Map<Block, NameTable>();
  const pending = new Set<Block>();

  const resolveOnce = (block: Block): ResolvedModel => {
    const known = done.get(block);
    if (known) return known;
    pending.add(block);
    const base = block.from ? table.get(block.from.text)?.block : undefined;
    const resolvedBase =
      base && base !== block && !pending.has(base) && pending.size <= maxCopies ? resolveOnce(base) : undefined;
    const outer = context.entity;
    context.entity = { approximate: resolvedBase?.approximate ?? false };
    const names: NameTable = new Map((base && layerNames.get(base)) ?? []);
    layerNames.set(block, names);
    const model = mayHaveAuto
      ? resolveModel(context, block, table, names)
      : { ...readModel(context, block, table, names).model, approximate: context.entity.approximate };
    context.entity = outer;
    pending.delete(block);
    const kept = withKeptSpec(model, document, recall);
    done.set(block, kept);
    return kept;
  };
  return resolveOnce;
}

/** A spec that is the one of the last analysis needs no second count of what it costs. */
function withKeptSpec(model: ResolvedModel, document: Document, recall: Recall): ResolvedModel {
  const { spec, resolved } = model;
  if (spec === undefined) return model;
  return { ...model, spec: recalled(recall.specs, textOf(resolved.written, document), () => spec) };
}

const noModules: SpecialValue = { value: null, broken: false };

/** Resolves a model; where one of its settings is `auto`, with the value that its budget decides. */
function resolveModel(context: Context, block: Block, table: NameTable, names: NameTable): ResolvedModel {
  const outcome = solveBudget(
    writtenFor(openContext(context.document, context.options), block, copyNames(table)),
    () => {
      const checked = new Set<Block>();
      return auto => {
        const trial = { ...openContext(context.document, context.options), checked, auto };
        const { model } = readModel(trial, block, copyNames(table), copyNames(names));
        return { model, problems: trial.problems };
      };
    },
  );
  const uses: AutoUse[] = [];
  const outer = context.auto;
  context.auto = use => {
    uses.push(use);
    return outcome?.best?.value;
  };
  const model = readModel(context, block, table, names);
  context.auto = outer;
  const solved = outcome === undefined ? undefined : tellOutcome(outcome, uses, model.open, context.document.text);
  return { ...model.model, solved, approximate: context.entity.approximate };
}

/** A table whose symbols collect the uses of a trial, not those of the file. */
const copyNames = (table: NameTable): NameTable =>
  new Map([...table].map(([name, symbol]) => [name, { ...symbol, uses: [] }]));

/** A model block with all that it is copied from, in this file and in the gallery. */
function writtenFor(context: Context, block: Block, table: NameTable): readonly WrittenBlock[] {
  const { findModel, galleryNames } = context.options;
  const outside = (name: string) => {
    const document = findModel?.(name);
    const models = document?.items.filter(item => item.kind === 'block' && item.keyword.text === 'model');
    const found = models?.find(item => item.kind === 'block' && item.label?.text === name) ?? models?.[0];
    return document && found?.kind === 'block' ? { block: found, document } : undefined;
  };
  return withBases(context, block, 'model', table, outside, galleryNames);
}

function readModel(
  context: Context,
  block: Block,
  table: NameTable,
  names: NameTable,
): { readonly model: ResolvedModel; readonly open: OpenBlock } {
  checkName(context, block);
  const written = writtenFor(context, block, table);
  const layers = openLayers(context, block, written, names);

  let origins: readonly (Word | undefined)[] = layers.names.map(() => undefined);
  let stack: readonly string[] = layers.names;
  let modules: readonly string[] = [];
  const expand = (name: string, source: SettingSource) => {
    const expansion = expandPattern(source.setting.value, {
      ...environmentOf(model, name, source),
      hasLayer: layer => layers.has(layer),
      reportLayer: word => {
        // The layers of a model that is not known are not known either.
        if (block.from && written.length === 1) return;
        const suggestion = nearest(word.text, layers.names);
        const params = { kind: 'layer', name: word.text, suggestion, known: layers.names };
        const fixes =
          suggestion === undefined
            ? []
            : [
                {
                  title: `Change to ${suggestion}`,
                  edits: [{ start: word.start, end: word.end, newText: suggestion }],
                },
              ];
        reportSetting(model, source, 'unknown-reference', word, params, { fixes });
      },
    });
    if (source.document === context.document) referLayers(context, expansion.stack, names);
    return expansion;
  };
  const readPattern = (name: string, source: SettingSource | undefined): SpecialValue => {
    const isStack = name === 'layers';
    if (!source) return isStack ? { value: undefined, broken: false, count: stack.length } : noModules;
    if (!isStack && isNone(source.setting.value)) return noModules;
    const expansion = expand(name, source);
    const found = expansion.stack.map(({ text }) => text);
    if (isStack) {
      origins = expansion.stack;
      stack = found;
    } else modules = found;
    return { value: printExpression(source.setting.value), broken: expansion.broken, count: found.length };
  };
  const model: OpenBlock = openBlock(context, {
    word: 'model',
    definition: modelBlock,
    written,
    anchor: block.from,
    readSpecial: readPattern,
  });
  openSlots(model);
  closeBlock(model);
  const resolvedLayers = resolveLayers(model, layers, stack);
  const resolved: ResolvedModel = {
    name: block.label?.text ?? '',
    resolved: model,
    block,
    layers: resolvedLayers,
    stackOrigins: origins,
    spec: specOf(block.label?.text ?? '', model, resolvedLayers, { stack, modules }),
    approximate: context.entity.approximate,
    from: block.from?.text,
    solved: undefined,
  };
  return { model: resolved, open: model };
}

function referLayers(context: Context, words: readonly Word[], names: NameTable): void {
  for (const word of new Set(words)) {
    const symbol = names.get(word.text);
    if (symbol) refer(context, word, symbol);
  }
}

function specOf(
  name: string,
  model: OpenBlock,
  layers: readonly ResolvedLayer[],
  { stack, modules }: { readonly stack: readonly string[]; readonly modules: readonly string[] },
): ModelSpec | undefined {
  const value = (setting: string) => model.settings.get(setting)?.value;
  const [vocab, context, hidden] = [value('vocab'), value('context'), value('hidden')];
  const embedding = model.slots.get('embedding')?.instance;
  const position = model.slots.get('position')?.instance;
  const head = model.slots.get('head')?.instance;
  if (typeof vocab !== 'number' || typeof context !== 'number' || typeof hidden !== 'number') return undefined;
  if (!embedding || !position || !head) return undefined;
  const kinds = [...new Set(stack)].flatMap(kind => layers.find(layer => layer.name === kind)?.spec ?? []);
  const last = layers.find(layer => layer.name === stack.at(-1));
  const initStd = value('init_std');
  const mtp = modules.flatMap(module => layers.find(layer => layer.name === module)?.spec ?? []);
  return {
    name,
    vocab,
    context,
    hidden,
    tied: value('tied') === true,
    initStd: typeof initStd === 'number' ? initStd : 0,
    embedding,
    position,
    kinds,
    stack,
    finalNorm:
      model.slots.get('final_norm')?.instance ?? last?.resolved.slots.get('norm')?.instance ?? plainNorm(model),
    head,
    ...(mtp.length === 0 ? {} : { mtp }),
  };
}

/** The norm of a model that has no layer yet. */
function plainNorm(model: OpenBlock): Instance {
  const component = variantsOf('norm').values().next().value;
  if (!component) throw new Error('expected a norm in the registry, got none');
  const norm = openBlock(model.context, { word: 'norm', definition: component, component, written: [], parent: model });
  closeBlock(norm);
  if (!norm.instance) throw new Error(`expected an instance of ${component.word}, got none`);
  return norm.instance;
}
