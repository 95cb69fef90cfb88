import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  comparePanelAnswers,
  comparePanelStateSchema,
  toComparePanelSchema,
} from '../../../src/protocol/compare-panel';
import { type Envelope, seal } from '../../../src/protocol/envelope';
import { modelPanelAnswers, modelPanelStateSchema, toModelPanelSchema } from '../../../src/protocol/model-panel';
import {
  toTrainingPanelSchema,
  trainingPanelAnswers,
  trainingPanelStateSchema,
} from '../../../src/protocol/training-panel';
import { connect } from '../../../webview/shared/bridge';

const version = 1;
/** The way between page and host: what the page posts arrives at `host`, unless it is to be lost. */
const wire = {
  host: (_: { readonly type: string }): void => undefined,
  toPage: (_: unknown): void => undefined,
  posted: [] as string[],
};

beforeEach(() => {
  vi.useFakeTimers();
  wire.posted = [];
  vi.stubGlobal('acquireVsCodeApi', () => ({
    postMessage({ message }: Envelope<{ readonly type: string }>) {
      wire.posted.push(message.type);
      wire.host(message);
    },
    getState: () => undefined,
    setState: () => undefined,
  }));
  vi.stubGlobal('window', {
    addEventListener(type: string, listener: (event: { readonly data: unknown }) => void) {
      if (type === 'message') wire.toPage = message => listener({ data: seal(version, message) });
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The three borders, each with what its host answers to `ready`. */
const panels = {
  training: {
    border: { incoming: toTrainingPanelSchema, answers: trainingPanelAnswers, state: trainingPanelStateSchema },
    other: { type: 'progress', progress: null },
    answer: { type: 'missing', reason: 'Deleted.' },
  },
  compare: {
    border: { incoming: toComparePanelSchema, answers: comparePanelAnswers, state: comparePanelStateSchema },
    other: { type: 'select', runIds: ['a'] },
    answer: { type: 'runs', runs: [] },
  },
  model: {
    border: { incoming: toModelPanelSchema, answers: modelPanelAnswers, state: modelPanelStateSchema },
    other: { type: 'cursor', place: null },
    answer: { type: 'show', model: null, other: null, reason: 'None.', choices: [] },
  },
} as const;

describe.each(Object.entries(panels))('the page of the %s panel', (_, { border, other, answer }) => {
  /** Starts a page whose first messages are lost on either side. */
  function start({ lostToHost, lostToPage }: { lostToHost: number; lostToPage: number }): string[] {
    const received: string[] = [];
    const lost = { toHost: lostToHost, toPage: lostToPage };
    wire.host = () => {
      if (lost.toHost-- > 0 || lost.toPage-- > 0) return;
      // Never at once: it crosses a process.
      queueMicrotask(() => {
        wire.toPage(other);
        wire.toPage(answer);
      });
    };
    const bridge = connect({ ...border, version, initial: {} } as unknown as Parameters<typeof connect>[0]);
    bridge.listen(
      () => ({ type: 'ready' }),
      message => received.push((message as { readonly type: string }).type),
    );
    return received;
  }

  it('asks once where it is answered', async () => {
    const received = start({ lostToHost: 0, lostToPage: 0 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire.posted).toEqual(['ready']);
    expect(received).toEqual([other.type, answer.type]);
  });

  it('asks again when its first ready is lost', async () => {
    const received = start({ lostToHost: 1, lostToPage: 0 });
    expect(received).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(received).toEqual([other.type, answer.type]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire.posted).toEqual(['ready', 'ready']);
  });

  it('asks again when the first answers are lost, ever later', async () => {
    const received = start({ lostToHost: 0, lostToPage: 3 });
    await vi.advanceTimersByTimeAsync(6_999);
    expect(wire.posted).toEqual(['ready', 'ready', 'ready']);
    await vi.advanceTimersByTimeAsync(1);
    expect(received).toEqual([other.type, answer.type]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire.posted).toHaveLength(4);
  });

  it('takes nothing else for an answer', async () => {
    start({ lostToHost: Number.POSITIVE_INFINITY, lostToPage: 0 });
    wire.toPage(other);
    wire.toPage({ type: 'nonsense' });
    await vi.advanceTimersByTimeAsync(23_000);
    // After 1, 3, 7, 15 and 23 seconds.
    expect(wire.posted.filter(type => type === 'ready')).toHaveLength(6);
    expect(wire.posted.filter(type => type === 'problem')).toHaveLength(1);
  });
});
