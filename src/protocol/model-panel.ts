import * as v from 'valibot';

/**
 * The border between the extension host and the model panel, both ways, in envelopes (`seal`, `open`). The panel is a view:
 * what it draws came in `show`, whole, again at every change of a document.
 *
 * Order: the panel loads and says `ready` with the models that it showed before; the host answers with `show`, and with
 * `cursor` when the cursor of an editor stands in a part that is drawn. A message may be lost while a side does not listen
 * yet, so the page says `ready` again until one of `modelPanelAnswers` has come, and the host answers each `ready` in full.
 */
export const modelPanelVersion = 1;

const finite = v.pipe(v.number(), v.finite());
const count = v.pipe(finite, v.integer(), v.minValue(0));
/** A place in a document: the index of it in a list that the host keeps, so that a panel can only ask for what it was shown. */
const place = v.nullable(count);

/** A model: a document that VS Code can open (a file, one of the gallery, the snapshot of a run) and its name there. */
export const modelReferenceSchema = v.object({ uri: v.string(), model: v.string() });
export type ModelReference = v.InferOutput<typeof modelReferenceSchema>;

const setting = v.object({ name: v.string(), value: v.string(), written: v.boolean() });
export type SettingMessage = v.InferOutput<typeof setting>;
const settings = v.array(setting);
const inside = v.object({
  word: v.string(),
  slot: v.string(),
  title: v.string(),
  variant: v.string(),
  place,
  settings,
  /** Somebody wrote it, rather than leaving it to its default. */
  written: v.boolean(),
});
export type InsideMessage = v.InferOutput<typeof inside>;

export const cacheGrowths = ['full', 'latent', 'window', 'constant'] as const;
const growth = v.picklist(cacheGrowths);
export type CacheGrowth = v.InferOutput<typeof growth>;
const part = v.object({
  ...inside.entries,
  total: count,
  active: count,
  flopsPerToken: finite,
  /** Bytes added per token, bytes at full context, and how it grows; null where nothing is kept. */
  cache: v.nullable(v.object({ bytesPerToken: finite, bytesAtContext: finite, growth })),
  tensors: v.array(v.object({ name: v.string(), shape: v.string(), elements: count, total: count, active: count })),
  inside: v.array(inside),
});
export type PartMessage = v.InferOutput<typeof part>;

const layer = v.object({
  name: v.string(),
  uses: count,
  parallel: v.boolean(),
  total: count,
  active: count,
  place,
  branches: v.array(v.object({ body: part, before: v.nullable(part), after: v.nullable(part) })),
});
export type LayerMessage = v.InferOutput<typeof layer>;

/** A stack with its repeats folded. */
export type FoldMessage =
  | { readonly kind: 'layer'; readonly name: string; readonly times: number; readonly start: number }
  | {
      readonly kind: 'group';
      readonly items: readonly FoldMessage[];
      readonly times: number;
      readonly start: number;
    };
const fold: v.GenericSchema<FoldMessage> = v.variant('kind', [
  v.object({ kind: v.literal('layer'), name: v.string(), times: count, start: count }),
  v.object({ kind: v.literal('group'), items: v.array(v.lazy(() => fold)), times: count, start: count }),
]);

const model = v.object({
  reference: modelReferenceSchema,
  /** Where it comes from, in a word or two: a file, the gallery, a run. */
  source: v.string(),
  /** Something written is broken: the numbers are near, not exact. */
  approximate: v.boolean(),
  place,
  context: count,
  hidden: count,
  layerCount: count,
  settings,
  costs: v.object({
    total: count,
    active: count,
    nonEmbedding: count,
    buffers: count,
    forwardFlopsPerToken: finite,
    cacheBytesPerToken: finite,
    cacheBytesAtContext: finite,
  }),
  before: v.array(part),
  stack: v.array(fold),
  layers: v.array(layer),
  behind: v.array(part),
  /** Multi-token prediction, for training only: one module per entry, with its norms and projection; on top of the total. */
  modules: v.array(v.object({ layer: v.string(), total: count, active: count, place })),
  cache: v.object({
    tokens: v.array(finite),
    kinds: v.array(v.object({ name: v.string(), growth, bytes: v.array(finite) })),
  }),
});
export type ModelMessage = v.InferOutput<typeof model>;

/** The model, and the one that it is compared with. */
const show = v.object({
  type: v.literal('show'),
  /** Null: there is none to draw. */
  model: v.nullable(model),
  /** Why there is no model and what to do; with one, why it or the other is not drawn as it is written now. Else empty. */
  reason: v.string(),
  /** The models of its document, to choose from. */
  choices: v.array(v.string()),
  other: v.nullable(model),
});
export type ShowMessage = v.InferOutput<typeof show>;

/** The part that the cursor of the editor stands in. */
const cursor = v.object({ type: v.literal('cursor'), place });
const notice = v.object({ type: v.literal('notice'), severity: v.picklist(['info', 'error']), text: v.string() });

export const toModelPanelSchema = v.variant('type', [show, cursor, notice]);
/** What answers `ready`. */
export const modelPanelAnswers = ['show'] as const satisfies readonly ToModelPanel['type'][];
export type ToModelPanel = v.InferOutput<typeof toModelPanelSchema>;

const references = { model: v.nullable(modelReferenceSchema), other: v.nullable(modelReferenceSchema) };
/** The page listens; what a restored panel showed. */
const ready = v.object({ type: v.literal('ready'), ...references });
/** Show another model of the same document. */
const choose = v.object({ type: v.literal('choose'), model: v.string() });
/** Ask the user for a model to compare with; end the comparison; change sides. */
const compare = v.object({ type: v.literal('compare'), action: v.picklist(['pick', 'end', 'swap']) });
/** Show where a part is written. */
const reveal = v.object({ type: v.literal('reveal'), place: count });
/** Write a picture where the user says: SVG as text, PNG as base64. `fileName` is a proposal. */
const savePicture = v.object({
  type: v.literal('savePicture'),
  format: v.picklist(['svg', 'png']),
  fileName: v.string(),
  content: v.string(),
});
const problem = v.object({ type: v.literal('problem'), text: v.string() });

export const fromModelPanelSchema = v.variant('type', [ready, choose, compare, reveal, savePicture, problem]);
export type FromModelPanel = v.InferOutput<typeof fromModelPanelSchema>;

/** What the panel keeps with `setState`; the serializer gets it back. */
export const modelPanelStateSchema = v.object({
  version: v.literal(modelPanelVersion),
  ...references,
  /** What the areas of the treemap stand for. */
  measure: v.picklist(['total', 'active']),
  logCache: v.boolean(),
});
export type ModelPanelState = v.InferOutput<typeof modelPanelStateSchema>;
