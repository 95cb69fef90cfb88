import type { ModelSpec } from '../../architecture/model';
import type { JsonObject } from './config-json';
import type { ConfigReader } from './config-reader';
import type { Sizes } from './family';
import { perLayer } from './read-common';
import { branchOf, perStack } from './write-common';

/** Which layers have rotary positions. The list says 1 where a layer HAS them, whatever its name suggests. */
export function readNoRopeLayers(config: ConfigReader, sizes: Sizes): readonly boolean[] {
  const interval = config.whole('no_rope_layer_interval');
  const listed = config.wholes('no_rope_layers') ?? [];
  if (listed.length > 0 && listed.length !== sizes.layers) {
    config.fail(`\`no_rope_layers\` names ${listed.length} layers, and the model has ${sizes.layers}.`);
  }
  return perLayer(sizes, index => (listed.length > 0 ? listed[index] !== 0 : (index + 1) % interval !== 0));
}

export const writeNoRopeLayers = (spec: ModelSpec): JsonObject => ({
  no_rope_layers: perStack(spec, branches =>
    branchOf(branches, 'attention')?.position.id === 'position.none' ? 0 : 1,
  ),
});
