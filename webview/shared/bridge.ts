import * as v from 'valibot';
import { open, seal } from '../../src/protocol/envelope';
import { askUntilAnswered } from './until-answered';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** A border as its file in src/protocol describes it. */
export interface Border<Incoming extends MessageSchema, State extends v.GenericSchema> {
  readonly version: number;
  /** What the host may send. */
  readonly incoming: Incoming;
  /** The messages of the host that answer `ready`. */
  readonly answers: readonly v.InferOutput<Incoming>['type'][];
  /** What this page keeps over a reload, and what it begins with where nothing is kept. */
  readonly state: State;
  readonly initial: v.InferOutput<State>;
}

export interface Bridge<Incoming, Outgoing, State> {
  send(message: Outgoing): void;
  /** What is kept; as at the beginning when it is from another version. */
  readonly kept: State;
  keep(changed: Partial<State>): void;
  /**
   * Starts to listen and says so, again and again until the host answers. Messages that the border does not allow are
   * dropped and reported.
   */
  listen(ready: () => Outgoing, receive: (message: Incoming) => void): void;
}

type MessageSchema = v.GenericSchema<unknown, { readonly type: string }>;

interface Problem {
  readonly type: 'problem';
  readonly text: string;
}

/** Connects the page to its host. May be called once: VS Code gives its API away only once. */
export function connect<Incoming extends MessageSchema, Outgoing, State extends v.GenericSchema>(
  border: Border<Incoming, State>,
): Bridge<v.InferOutput<Incoming>, Outgoing | Problem, v.InferOutput<State>> {
  const api = acquireVsCodeApi();
  const restored = v.safeParse(border.state, api.getState());
  let kept = restored.success ? restored.output : border.initial;
  const post = (message: Outgoing | Problem) => api.postMessage(seal(border.version, message));
  let reports = 0;
  const report = (text: string) => {
    // A fault in a redraw would come back with every message.
    if (reports++ < 20) post({ type: 'problem', text });
  };
  return {
    send: post,
    get kept() {
      return kept;
    },
    keep(changed) {
      kept = Object.assign({}, kept, changed);
      api.setState(kept);
    },
    listen(ready, receive) {
      window.addEventListener('error', event => report(`${event.message} (${event.filename}:${event.lineno})`));
      window.addEventListener('unhandledrejection', event => report(String(event.reason)));
      window.addEventListener('message', event => {
        const { value, problems } = open(border.incoming, border.version, event.data);
        if (value === null) {
          report(`Message refused: ${problems.slice(0, 3).join(' ')}`);
          return;
        }
        if (border.answers.includes(value.type)) answered();
        receive(value);
      });
      const answered = askUntilAnswered(() => post(ready()));
    },
  };
}
