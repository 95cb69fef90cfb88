import * as path from 'node:path';
import * as vscode from 'vscode';
import type { TrainerMessage } from '../protocol/trainer';
import { followRun } from '../runs/follow-run';
import { createProgressTerminal } from '../runs/progress-terminal';
import { requestControl } from '../runs/run-control';
import { messageOf } from '../runs/run-error';
import { explainExit, launchTrainer, type Trainer } from '../training/client';
import { output } from './output';
import { trainerEnvironment } from './trainer-environment';

export interface RunLaunch {
  readonly runFolder: string;
  readonly root: string;
  readonly mode: 'start' | 'resume';
}

export interface RunTerminalOptions {
  readonly extensionPath: string;
  /** Makes or finds the run when the task begins; a reason to stop is thrown. `undefined`: the user changed their mind. */
  readonly prepare: () => Promise<RunLaunch | undefined>;
  readonly onMessage: (runFolder: string, message: TrainerMessage) => void;
  /** The window is being closed or loaded again. */
  readonly isLeaving: () => boolean;
}

const ctrlC = '\x03';
/** How long after its terminals are closed a window that is left may still run our code. */
const leavingMs = 1500;

/**
 * The terminal of a training task: starts the trainer, shows the run, stops it on Ctrl-C or when the task is ended. A
 * window that reloads ends neither the run nor loses any of it: the trainer is a process of its own.
 */
export function createRunTerminal({
  extensionPath,
  prepare,
  onMessage,
  isLeaving,
}: RunTerminalOptions): vscode.Pseudoterminal {
  const written = new vscode.EventEmitter<string>();
  const closed = new vscode.EventEmitter<number>();
  let launch: RunLaunch | undefined;
  let trainer: Trainer | undefined;
  let asked = 0;
  const view = createProgressTerminal({ live: true, colors: true, unicode: true, width: 80, height: 24 });
  const write = (text: string) => {
    if (text !== '') written.fire(text);
  };

  async function run(): Promise<number> {
    launch = await prepare();
    if (launch === undefined) return 0;
    const { runFolder } = launch;
    const followed = followRun(runFolder, update => write(view.update(update)), {
      heartbeatAs: `terminal-${process.pid}`,
    });
    try {
      trainer = launchTrainer({
        ...launch,
        trainerPath: path.join(extensionPath, 'dist', 'trainer.js'),
        env: trainerEnvironment(),
        onMessage(message) {
          if (message.type === 'progress') write(view.preparing(message));
          if (message.type === 'warning') write(view.say(`warning: ${message.text}`));
          if (message.type === 'changed') void followed.poke();
          onMessage(runFolder, message);
        },
      });
      const exit = await trainer.exited;
      await followed.poke();
      write(view.finish());
      if (exit.ended === null) {
        write(`${explainExit(runFolder, exit).replaceAll('\n', '\r\n')}\r\n`);
        return 2;
      }
      return exit.ended.status === 'failed' ? 1 : 0;
    } finally {
      followed.close();
    }
  }

  function stop(): void {
    if (launch === undefined || trainer === undefined) return;
    asked++;
    if (asked > 1) {
      trainer.kill();
      return;
    }
    write(view.say('Stopping after this step, with a checkpoint. Ctrl-C again ends it at once.'));
    try {
      requestControl(launch.runFolder, 'stop');
    } catch {
      // No way to write a request (a full disk): the signal does the same.
      trainer.interrupt();
    }
  }

  /** A window that is left closes its terminals too, and that is no wish to stop: then the timer never comes to its end. */
  function closeTerminal(): void {
    setTimeout(() => {
      if (asked === 0 && !isLeaving()) stop();
    }, leavingMs);
  }

  return {
    onDidWrite: written.event,
    onDidClose: closed.event,
    open(size) {
      if (size !== undefined) write(view.resize(size.columns, size.rows));
      run()
        .catch((error: unknown) => {
          output().error(`Training: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
          write(`\x1b[31m${messageOf(error)}\x1b[0m\r\n`);
          void vscode.window.showErrorMessage(`Train Model: ${messageOf(error)}`);
          return 1;
        })
        .then(code => closed.fire(code));
    },
    close: closeTerminal,
    handleInput(data) {
      if (data === ctrlC) stop();
    },
    setDimensions: ({ columns, rows }) => write(view.resize(columns, rows)),
  };
}
