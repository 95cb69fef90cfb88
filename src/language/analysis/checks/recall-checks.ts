import type { Problem } from '../problem';
import { type Recall, recalled, textOf } from '../recall';
import type { ResolvedBlock, ResolvedFile, ResolvedModel, ResolvedTrain } from '../resolved';
import type { Facts } from './check';
import { checks, lookingOnce, saidOnce } from './run-checks';

/**
 * What `runChecks` finds, without asking rules that had nothing to say about a model and its runs when both were as
 * they are. Those that did speak are asked again: what they say has a place in the file.
 */
export function recallChecks(file: ResolvedFile, outside: Facts, recall: Recall): readonly Problem[] {
  const facts = lookingOnce(outside);
  const parts = partsOf(file).map(part => {
    const speaking = recalled(recall.speaking, textOfPart(part, file, facts), () =>
      checks.filter(check => check({ ...file, ...part }, facts).length > 0),
    );
    return { part, speaking };
  });
  const loud = parts.filter(({ speaking }) => speaking.length > 0);
  return saidOnce(
    checks.flatMap(check => {
      const spoken = loud.flatMap(({ part, speaking }) => (speaking.includes(check) ? [part] : []));
      if (spoken.length === 0) return [];
      const [models, trains] = [
        new Set(spoken.flatMap(part => part.models)),
        new Set(spoken.flatMap(part => part.trains)),
      ];
      const heard = {
        models: file.models.filter(each => models.has(each)),
        trains: file.trains.filter(each => trains.has(each)),
      };
      return check({ ...file, ...heard }, facts);
    }),
  );
}

/** What rules look at together: a model with its runs, or a run without a model. */
interface Part {
  readonly models: readonly ResolvedModel[];
  readonly trains: readonly ResolvedTrain[];
}

function partsOf({ models, trains }: ResolvedFile): readonly Part[] {
  const runs = new Map<ResolvedModel | undefined, ResolvedTrain[]>();
  for (const train of trains) {
    const known = runs.get(train.model);
    if (known) known.push(train);
    else runs.set(train.model, [train]);
  }
  const loose = (runs.get(undefined) ?? []).map(train => ({ models: [], trains: [train] }));
  return [...models.map(model => ({ models: [model], trains: runs.get(model) ?? [] })), ...loose];
}

/** All that decides what rules say about a part, but for where it stands. Undefined where files decide it, too. */
function textOfPart({ models, trains }: Part, file: ResolvedFile, facts: Facts): string | undefined {
  let text = '';
  const add = (kind: string, resolved: ResolvedBlock, approximate: boolean): boolean => {
    const written = textOf(resolved.written, file.document);
    text += `${kind} ${approximate} ${resolved.written.length} ${written}`;
    return written !== undefined;
  };
  for (const { resolved, approximate, spec } of models) {
    if (!add('model', resolved, approximate)) return undefined;
    if (spec !== undefined && !approximate && trains.length > 0) text += `${facts.unfitsOf(spec).length} `;
  }
  for (const { resolved, approximate, data, experiment } of trains) {
    if ((resolved.settings.get('start')?.value ?? null) !== null) return undefined;
    if (!add('train', resolved, approximate)) return undefined;
    if (data && !add('data', data.resolved, data.approximate)) return undefined;
    if (experiment) text += `${facts.machineMemoryBytes} ${facts.dataBytes(experiment.data.source)} `;
  }
  return text;
}
