import type { InsideMessage, LayerMessage, ModelMessage, PartMessage } from '../../src/protocol/model-panel';

/** A part of a model where it stands, under a name that stays the same while the model is edited. */
export interface PlacedPart {
  readonly id: string;
  /** `local attention`. */
  readonly label: string;
  readonly part: InsideMessage;
  /** Undefined for what stands inside of another part and costs nothing of its own. */
  readonly cost: PartMessage | undefined;
  /** How often the stack has it. */
  readonly uses: number;
  readonly layer: LayerMessage | undefined;
}

/** The name of a part; `layer` null for what stands outside of the layers. */
export const partId = (layer: string | null, ...words: readonly string[]): string =>
  [layer === null ? 'model' : `layer ${layer}`, ...words].join(' / ');

/** Every part of a model in the order in which a token passes. */
export function partsOf(model: ModelMessage): readonly PlacedPart[] {
  const whole = (layer: LayerMessage | undefined, part: PartMessage, words: readonly string[]): PlacedPart[] => {
    const uses = layer?.uses ?? 1;
    const name = layer?.name ?? null;
    const before = name === null ? '' : `${name} `;
    return [
      { id: partId(name, ...words), label: `${before}${part.word}`, part, cost: part, uses, layer },
      ...part.inside.map(inside => ({
        id: partId(name, ...words, inside.word),
        label: `${before}${inside.word}`,
        part: inside,
        cost: undefined,
        uses,
        layer,
      })),
    ];
  };
  const outside = (part: PartMessage) => whole(undefined, part, [part.word]);
  return [
    ...model.before.flatMap(outside),
    ...model.layers.flatMap(layer =>
      layer.branches.flatMap(({ body, before, after }) => [
        ...(before ? whole(layer, before, [body.word, 'norm before']) : []),
        ...whole(layer, body, [body.word]),
        ...(after ? whole(layer, after, [body.word, 'norm after']) : []),
      ]),
    ),
    ...model.behind.flatMap(outside),
  ];
}
