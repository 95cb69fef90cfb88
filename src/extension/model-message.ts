import { cacheElementBytes } from '../architecture/costs';
import { cacheBytesAt } from '../architecture/part-costs';
import type { ArchitectureView, InsideView, Origin, PartView } from '../language/features/architecture-view';
import type { InsideMessage, ModelMessage, ModelReference, PartMessage } from '../protocol/model-panel';

export interface MessageContext {
  readonly reference: ModelReference;
  /** Where the model comes from, in a word or two. */
  readonly source: string;
  /** Remembers a place and gives the number that the panel knows it by. */
  readonly placeOf: (origin: Origin) => number;
}

/** Puts a drawn model into the words of the border. */
export function modelMessage(view: ArchitectureView, { reference, source, placeOf }: MessageContext): ModelMessage {
  const place = (origin: Origin | undefined) => (origin ? placeOf(origin) : null);
  const inside = ({ word, slot, title, variant, origin, settings, written }: InsideView): InsideMessage => ({
    word,
    slot,
    title,
    variant,
    place: place(origin),
    settings: settings.map(setting => ({ ...setting })),
    written,
  });
  const part = (each: PartView): PartMessage => ({
    ...inside(each),
    total: each.total,
    active: each.active,
    flopsPerToken: each.flopsPerToken,
    cache:
      each.cache && each.growth
        ? {
            bytesPerToken: each.cache.perToken * cacheElementBytes,
            bytesAtContext: cacheBytesAt(each.cache, view.context),
            growth: each.growth,
          }
        : null,
    tensors: each.tensors.map(tensor => ({ ...tensor })),
    inside: each.inside.map(inside),
  });
  const { costs } = view;
  return {
    reference,
    source,
    approximate: view.approximate,
    place: place(view.origin),
    context: view.context,
    hidden: view.hidden,
    layerCount: view.layerCount,
    settings: view.settings.map(setting => ({ ...setting })),
    costs: {
      total: costs.total,
      active: costs.active,
      nonEmbedding: costs.nonEmbedding,
      buffers: costs.buffers,
      forwardFlopsPerToken: costs.forwardFlopsPerToken,
      cacheBytesPerToken: costs.cacheElementsPerToken * cacheElementBytes,
      cacheBytesAtContext: costs.cacheElements * cacheElementBytes,
    },
    before: view.before.map(part),
    stack: [...view.stack],
    layers: view.layers.map(({ origin, branches, ...layer }) => ({
      ...layer,
      place: place(origin),
      branches: branches.map(({ body, before, after }) => ({
        body: part(body),
        before: before ? part(before) : null,
        after: after ? part(after) : null,
      })),
    })),
    behind: view.behind.map(part),
    modules: view.modules.map(({ layer, total, active, origin }) => ({ layer, total, active, place: place(origin) })),
    cache: {
      tokens: [...view.cache.tokens],
      kinds: view.cache.kinds.map(({ name, growth, bytes }) => ({ name, growth, bytes: [...bytes] })),
    },
  };
}
