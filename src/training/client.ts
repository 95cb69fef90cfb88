import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import {
  type TrainerArguments,
  type TrainerMessage,
  trainerArguments,
  trainerMessageSchema,
} from '../protocol/trainer';
import { clearControl } from '../runs/run-control';
import { explainSystemError, RunError } from '../runs/run-error';
import { runPaths } from '../runs/run-folder';
import { lockHolder } from '../runs/run-lock';

export interface LaunchOptions extends Omit<TrainerArguments, 'company'> {
  /** Absolute path of dist/trainer.js. */
  readonly trainerPath: string;
  /** The Node that runs it; this process's own when left out (in the editor: Electron's, as Node). */
  readonly execPath?: string;
  /** Trains on after its watchers are gone. */
  readonly unattended?: boolean;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onMessage?: (message: TrainerMessage) => void;
}

/** How a trainer process ended. */
export interface TrainerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it said last of its own accord; `null` when it died without a word (killed, out of memory). */
  readonly ended: Extract<TrainerMessage, { type: 'ended' }> | null;
}

/** A trainer process that this process started. */
export interface Trainer {
  readonly pid: number;
  readonly exited: Promise<TrainerExit>;
  /** A clean stop with a checkpoint, as a first Ctrl-C. */
  interrupt(): void;
  /** An end at once, without a checkpoint. */
  kill(): void;
  /** Lets this process end while the trainer goes on. */
  letGo(): void;
}

/**
 * Starts a trainer in a process of its own: a crash or a lack of memory there never reaches the caller, and a caller that
 * ends (a window that reloads) does not take it along. What it prints is in trainer.log of the run folder. Throws a RunError
 * when another trainer holds the run.
 */
export function launchTrainer(options: LaunchOptions): Trainer {
  const { trainerPath, runFolder, root, mode, execPath, unattended = false, env, onMessage } = options;
  const holder = lockHolder(runFolder);
  if (holder !== null) {
    throw new RunError(`This run is being trained already, by process ${holder.pid} since ${holder.since}.`);
  }
  const child = start();
  let ended: TrainerExit['ended'] = null;
  child.on('message', raw => {
    const result = v.safeParse(trainerMessageSchema, raw);
    if (!result.success) return; // Another version's message; the run folder says all that matters.
    if (result.output.type === 'ended') ended = result.output;
    onMessage?.(result.output);
  });
  const exited = new Promise<TrainerExit>(resolve => {
    child.once('exit', (code, signal) => resolve({ code, signal, ended }));
    child.once('error', error => resolve({ code: null, signal: error.message, ended }));
  });
  return {
    pid: child.pid ?? -1,
    exited,
    interrupt: () => void child.kill('SIGINT'),
    kill: () => void child.kill('SIGKILL'),
    letGo() {
      if (child.connected) child.disconnect();
      child.unref();
    },
  };

  function start(): ChildProcess {
    try {
      clearControl(runFolder);
      const log = openSync(runPaths(runFolder).log, 'a');
      try {
        return fork(
          trainerPath,
          trainerArguments({ runFolder, root, mode, company: unattended ? 'unattended' : 'attended' }),
          {
            cwd: root,
            execArgv: [],
            detached: true,
            windowsHide: true,
            stdio: ['ignore', log, log, 'ipc'],
            env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
            ...(execPath === undefined ? {} : { execPath }),
          } as Parameters<typeof fork>[2] & { windowsHide: boolean },
        );
      } finally {
        closeSync(log);
      }
    } catch (error) {
      throw explainSystemError(error, 'Starting the trainer');
    }
  }
}

/** The end of what a trainer printed, to show after it died without a word. */
export function lastLogLines(runFolder: string, lines = 10): string {
  try {
    return readFileSync(runPaths(runFolder).log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

/** Why a trainer ended without saying so, in words. */
export function explainExit(runFolder: string, { code, signal }: TrainerExit): string {
  const how = signal === null ? `ended with code ${code ?? '?'}` : `was ended by ${signal}`;
  const hint =
    signal === 'SIGKILL'
      ? ' If nobody did that, the machine ran out of memory: use a smaller batch (with accumulate for the same total), context or model.'
      : '';
  const log = lastLogLines(runFolder);
  return `The trainer ${how}.${hint} The run can go on from its last checkpoint.${log === '' ? '' : `\n${log}`}`;
}
