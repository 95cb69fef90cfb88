import type { ModelSpec } from '../architecture/model';
import type { Unfit } from '../architecture/unfit';
import { knownUnfits, unfitsOf } from '../exchange/unfits';

/** How long nobody must have typed before it is worked out which formats hold a model, in milliseconds. */
const pauseMs = 100;

/**
 * Which formats cannot hold the models of open documents. To work that out takes longer than all else that a keystroke costs, so
 * it waits for a pause in typing: until then what was said of the model of that name before is said of it.
 */
export interface LaterUnfits {
  of(uri: string): (model: ModelSpec) => readonly Unfit[];
  forget(uri: string): void;
}

interface Waiting {
  /** What was said last, by the name of the model. */
  readonly said: Map<string, readonly Unfit[]>;
  readonly models: Map<string, ModelSpec>;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Something else is to be said than before. */
  isNews: boolean;
}

/** `tell` is called when something else is to be said of a document. */
export function laterUnfits(tell: (uri: string) => void): LaterUnfits {
  const documents = new Map<string, Waiting>();

  /** One model at a time, so that a request in between need not wait for all. */
  const work = (uri: string, waiting: Waiting): void => {
    const [next] = waiting.models;
    if (next !== undefined) {
      const [name, model] = next;
      const found = unfitsOf(model);
      if (JSON.stringify(found) !== JSON.stringify(waiting.said.get(name) ?? [])) waiting.isNews = true;
      waiting.said.set(name, found);
      waiting.models.delete(name);
    }
    if (waiting.models.size > 0) waiting.timer = setTimeout(() => work(uri, waiting), 0);
    else if (waiting.isNews) {
      waiting.isNews = false;
      tell(uri);
    }
  };

  return {
    of(uri) {
      const waiting = documents.get(uri) ?? { said: new Map(), models: new Map(), timer: undefined, isNews: false };
      documents.set(uri, waiting);
      return model => {
        const known = knownUnfits(model);
        if (known !== undefined) {
          waiting.said.set(model.name, known);
          waiting.models.delete(model.name);
          return known;
        }
        waiting.models.set(model.name, model);
        clearTimeout(waiting.timer);
        waiting.timer = setTimeout(() => work(uri, waiting), pauseMs);
        return waiting.said.get(model.name) ?? [];
      };
    },
    forget(uri) {
      clearTimeout(documents.get(uri)?.timer);
      documents.delete(uri);
    },
  };
}
