import type { Branch, LayerSpec } from '../architecture/model';

type Kind = Omit<LayerSpec, 'name'>;

/** What tells kinds of layers apart, and the word for it; the first that do are used. */
const facets: readonly ((kind: Kind) => string)[] = [
  kind => mixingWord(kind),
  kind => {
    const attention = bodyOf(kind, 'attention');
    return attention === undefined ? '' : hasPosition(attention) ? 'rotary' : 'nope';
  },
  kind => feedingWord(kind),
];

/** Names for different layers: `block` for the only one, otherwise after what sets them apart: local, global, dense_local, … */
export function nameLayers(kinds: readonly Kind[]): readonly string[] {
  if (kinds.length === 1) return ['block'];
  const windowed = kinds.filter(kind => reachOf(kind) === 'local').length;
  const attending = kinds.filter(kind => bodyOf(kind, 'attention') !== undefined).length;
  // "global" only means something beside "local".
  const plain = windowed === 0 || windowed === attending;
  const labels = kinds.map(kind =>
    facets.map((facet, index) => (index === 0 && plain && reachOf(kind) !== '' ? 'attention' : facet(kind))),
  );
  for (const chosen of [[0], [2], [1], [0, 2], [0, 1], [2, 1], [0, 1, 2]]) {
    const names = labels.map(words => joined(chosen.map(index => words[index] ?? '')));
    if (new Set(names).size === kinds.length && names.every(name => name !== '')) {
      // What only one kind does names it well enough.
      const isRare = ([mixing]: readonly string[]) => labels.filter(other => other[0] === mixing).length === 1;
      return names.map((name, index) => {
        const words = labels[index] ?? [];
        return chosen[0] === 0 && words[0] && isRare(words) ? words[0] : name;
      });
    }
  }
  const names = labels.map(joined);
  return names.map((name, index) => {
    const before = names.slice(0, index).filter(other => other === name).length;
    return before === 0 ? name : `${name}_${before + 1}`;
  });
}

const joined = (words: readonly string[]): string => words.filter(word => word !== '').join('_');

const bodyOf = (kind: Kind, slot: Branch['kind']): Branch | undefined =>
  kind.branches.find(branch => branch.kind === slot);

const wordOf = ({ body }: Branch): string => body.id.slice(body.id.indexOf('.') + 1);

const hasPosition = ({ position }: Branch): boolean => position.id !== 'position.none';

/** Local where the attention sees only a part of the past. */
function reachOf(kind: Kind): 'local' | 'global' | '' {
  const attention = bodyOf(kind, 'attention');
  if (attention === undefined) return '';
  const { window, chunk } = attention.body.config;
  return typeof window === 'number' || typeof chunk === 'number' ? 'local' : 'global';
}

function mixingWord(kind: Kind): string {
  const mixer = bodyOf(kind, 'mixer');
  return mixer === undefined ? reachOf(kind) : wordOf(mixer);
}

function feedingWord(kind: Kind): string {
  const ffn = bodyOf(kind, 'ffn');
  if (ffn === undefined) return '';
  // A layer that does nothing else is called after what it does.
  if (kind.branches.length === 1) return wordOf(ffn);
  return 'experts' in ffn.body.config ? 'sparse' : 'dense';
}
