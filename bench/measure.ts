import { type Limits, type Peer, startPeer } from './peer';
import { kindOf, peerCommand } from './peers';
import { type Shape, tokensPerStep } from './shapes';
import { median, quantile } from './statistics';

export interface MeasureOptions {
  readonly root: string;
  readonly shapeName: string;
  readonly shape: Shape;
  readonly peers: readonly string[];
  readonly threads: number;
  /** Turns of every peer. A turn is one step, or as many short ones as make half a second. */
  readonly turns: number;
  /** A peer whose warm step takes longer makes no turns: that step is its result. */
  readonly budgetMs: number;
  readonly onProgress: (line: string) => void;
}

/** What a peer reached on a shape. */
export interface Measured {
  readonly shape: string;
  readonly peer: string;
  readonly parameters: number;
  readonly details: string;
  /** The first step of all, with whatever is compiled in it. */
  readonly firstStepMs: number;
  /** Every measured step in order. */
  readonly stepMs: readonly number[];
  readonly medianMs: number;
  /** The middle half of the steps lies in this share of the median. */
  readonly spread: number;
  readonly tokensPerSecond: number;
  /** Highest resident memory of the warm steps and of those of the first turn. */
  readonly peakBytes: number;
  /** The same without what the process held before it made the model. */
  readonly modelBytes: number;
  /** Too slow for turns. */
  readonly slow: boolean;
}

export interface ShapeResult {
  readonly shape: string;
  readonly measured: readonly Measured[];
  /** Best of all peers, by number format. */
  readonly limits: Readonly<Record<string, Limits>>;
  /** Peers that did not run, and why. */
  readonly leftOut: readonly { readonly peer: string; readonly reason: string }[];
}

/** The first step may compile for minutes. */
const startLimitMs = 240_000;
const shortTurnMs = 500;
const warmUpMs = 2000;

/** A peer between its start and its result. */
interface Runner {
  readonly peer: Peer;
  readonly firstStepMs: number;
  readonly stepMs: number[];
  peakBytes: number;
  readonly limits: Limits[];
  readonly slow: boolean;
}

/** Starts all peers, warms them up one after the other, then lets them take turns. */
export async function measureShape(options: MeasureOptions): Promise<ShapeResult> {
  const { shapeName, turns, onProgress } = options;
  const leftOut: { peer: string; reason: string }[] = [];
  const runners: Runner[] = [];
  try {
    for (const name of options.peers) {
      try {
        runners.push(await warmUp(name, options));
      } catch (error) {
        const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
        leftOut.push({ peer: name, reason });
        onProgress(`${shapeName}  ${name}: left out: ${reason}`);
      }
    }
    const taking = runners.filter(({ slow }) => !slow);
    for (let turn = 1; turn <= turns; turn++) {
      for (const runner of taking) await takeTurn(runner, turn, options);
      for (const runner of runners) await measureLimits(runner, options);
    }
    return {
      shape: shapeName,
      measured: runners.map(runner => resultOf(runner, options)),
      limits: bestOf(runners),
      leftOut,
    };
  } finally {
    for (const { peer } of runners) peer.stop();
  }
}

async function warmUp(name: string, options: MeasureOptions): Promise<Runner> {
  const { root, shapeName, shape, threads, budgetMs, onProgress } = options;
  const say = (what: string) => onProgress(`${shapeName}  ${name}: ${what}`);
  const peer = await startPeer(peerCommand(root, name, shape, threads), startLimitMs);
  say(`${peer.hello.parameters.toLocaleString('en')} parameters, ${peer.hello.details}`);
  const first = await peer.ask('step', startLimitMs);
  say(`first step ${seconds(first.stepMs)}, loss ${first.loss.toFixed(4)}`);
  await peer.ask('forget-peak', startLimitMs);
  const second = await peer.ask('step', startLimitMs);
  const slow = second.stepMs > budgetMs;
  // Short steps go on for a while: our own code, too, is compiled as it runs.
  const began = performance.now();
  while (second.stepMs < shortTurnMs && performance.now() - began < warmUpMs) await peer.ask('step', startLimitMs);
  say(`warm step ${seconds(second.stepMs)}${slow ? ': too slow for turns, this step is its result' : ''}`);
  return {
    peer,
    slow,
    firstStepMs: first.stepMs,
    stepMs: slow ? [second.stepMs] : [],
    peakBytes: second.peakBytes,
    limits: [],
  };
}

async function takeTurn(runner: Runner, turn: number, { shapeName, turns, onProgress }: MeasureOptions): Promise<void> {
  const began = performance.now();
  const made: number[] = [];
  do {
    const step = await runner.peer.ask('step', startLimitMs);
    made.push(step.stepMs);
    // Later turns come after the measuring of limits, whose arrays stay in the caches of both peers.
    if (turn === 1) runner.peakBytes = Math.max(runner.peakBytes, step.peakBytes);
  } while (performance.now() - began < shortTurnMs);
  runner.stepMs.push(...made);
  onProgress(`${shapeName}  turn ${turn}/${turns}  ${runner.peer.name}: ${seconds(median(made))} × ${made.length}`);
}

/** In every turn, because what a machine reaches changes with its neighbours. What it needs in memory is not the training's. */
async function measureLimits({ peer, limits }: Runner, { shapeName, onProgress }: MeasureOptions): Promise<void> {
  const measured = await peer.ask('limits', startLimitMs);
  await peer.ask('forget-peak', startLimitMs);
  limits.push(measured);
  const { flopsPerSecond, bytesPerSecond } = measured;
  onProgress(
    `${shapeName}  ${peer.name}: product ${giga(flopsPerSecond)} GFLOP/s (${kindOf(peer.name).precision}), copy ${giga(bytesPerSecond)} GB/s`,
  );
}

/** The best that any peer's libraries reach (medians over the turns), so that a weak library does not flatter whoever uses it. */
function bestOf(runners: readonly Runner[]): Readonly<Record<string, Limits>> {
  const best: Record<string, Limits> = {};
  for (const { peer, limits } of runners) {
    const { precision } = kindOf(peer.name);
    const known = best[precision];
    const of = (value: keyof Limits) => Math.max(median(limits.map(each => each[value])), known?.[value] ?? 0);
    best[precision] = { flopsPerSecond: of('flopsPerSecond'), bytesPerSecond: of('bytesPerSecond') };
  }
  return best;
}

function resultOf({ peer, firstStepMs, stepMs, peakBytes, slow }: Runner, options: MeasureOptions): Measured {
  const medianMs = median(stepMs);
  const { parameters, details, baselineBytes } = peer.hello;
  return {
    shape: options.shapeName,
    peer: peer.name,
    parameters,
    details,
    firstStepMs,
    stepMs,
    medianMs,
    spread: (quantile(stepMs, 0.75) - quantile(stepMs, 0.25)) / medianMs,
    tokensPerSecond: (1000 * tokensPerStep(options.shape)) / medianMs,
    peakBytes,
    modelBytes: peakBytes - baselineBytes,
    slow,
  };
}

const seconds = (ms: number): string => (ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`);
const giga = (value: number): string => (value / 1e9).toFixed(value < 1e10 ? 1 : 0);
