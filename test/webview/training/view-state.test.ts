import { describe, expect, it } from 'vitest';
import { controlsOf, progressOf, reasonOf } from '../../../webview/training/view-state';
import { recordOf } from '../../e2e/pages/fixtures';

const controls = (
  shown: Parameters<typeof controlsOf>[0]['shown'],
  pending: 'pause' | 'resume' | 'stop' | null = null,
  canResume = true,
) => controlsOf({ shown, pending, canResume });

describe('buttons of a run', () => {
  it('pause and stop what runs', () => {
    expect(controls('running')).toEqual({ main: 'pause', mainEnabled: true, stopEnabled: true, busy: null });
  });

  it('cannot pause a preparation, but stop it', () => {
    expect(controls('preparing')).toMatchObject({ main: 'pause', mainEnabled: false, stopEnabled: true });
  });

  it('resume what is paused, stopped, failed or interrupted, while there is something to go on from', () => {
    for (const shown of ['paused', 'stopped', 'failed', 'interrupted'] as const) {
      expect(controls(shown)).toMatchObject({ main: 'resume', mainEnabled: true });
      expect(controls(shown, null, false).mainEnabled).toBe(false);
    }
    expect(controls('paused').stopEnabled).toBe(true);
    expect(controls('stopped').stopEnabled).toBe(false);
  });

  it('have nothing to do when all steps are done', () => {
    expect(controls('completed')).toMatchObject({ mainEnabled: false, stopEnabled: false });
  });

  it('wait while a request waits, but a pause may still become a stop', () => {
    expect(controls('running', 'stop')).toEqual({
      main: 'pause',
      mainEnabled: false,
      stopEnabled: false,
      busy: 'Stopping…',
    });
    expect(controls('running', 'pause')).toMatchObject({ mainEnabled: false, stopEnabled: true, busy: 'Pausing…' });
  });
});

describe('reason of an end', () => {
  it('is explained with the words of the run, or with ours', () => {
    expect(reasonOf('failed', 'Loss is NaN.')).toMatchObject({ severity: 'error', text: 'Loss is NaN.' });
    expect(reasonOf('interrupted', null)?.text).toMatch(/last checkpoint/);
    expect(reasonOf('stopped', null)).toMatchObject({ severity: 'info' });
  });

  it('is not given when there is none', () => {
    for (const shown of ['running', 'preparing', 'paused', 'completed'] as const)
      expect(reasonOf(shown, null)).toBeNull();
  });
});

describe('progress', () => {
  const record = recordOf(
    { name: 'a', layers: 1, hidden: 64, heads: 2, parameters: 1000, rate: 1e-3, steps: 100, speed: 1, seed: 1 },
    { stepsDone: 20 },
  );
  const rows = { step: [29, 30], tokens: [2900, 3000], tokensPerSecond: [90, 110] };

  it('takes the step from the curves, which are ahead of run.json', () => {
    expect(progressOf({ record, shown: 'running', etaMs: null }, rows)).toEqual({
      step: 30,
      steps: 100,
      fraction: 0.3,
      tokensPerSecond: 100,
      // 70 steps of 100 tokens at 100 tokens/s.
      etaMs: 70_000,
    });
  });

  it('believes the host about the time to go, and tells none when nothing runs', () => {
    expect(progressOf({ record, shown: 'running', etaMs: 5 }, rows).etaMs).toBe(5);
    expect(progressOf({ record, shown: 'paused', etaMs: 5 }, rows).etaMs).toBeNull();
  });

  it('stands at the record before the first row', () => {
    const none = { step: [], tokens: [], tokensPerSecond: [] };
    expect(progressOf({ record, shown: 'running', etaMs: null }, none)).toMatchObject({
      step: 20,
      tokensPerSecond: null,
      etaMs: null,
    });
  });
});
