import { followRun } from '../runs/follow-run';
import { createProgressTerminal } from '../runs/progress-terminal';
import { requestControl } from '../runs/run-control';
import { isActive } from '../runs/run-status';
import { harmless } from '../runs/terminal-text';
import { explainExit, type LaunchOptions, launchTrainer, type Trainer } from '../training/client';
import { type ExitCode, exitCodes } from './cli-error';
import { bundlePath } from './package-info';
import { print, type Terminal, warn } from './terminal';

type Launch = Pick<LaunchOptions, 'runFolder' | 'root' | 'mode'>;

/** Starts a trainer on a run and shows it until it ends. Ctrl-C is a clean stop, a second one an end at once. */
export async function trainInForeground(launch: Launch, terminal: Terminal): Promise<ExitCode> {
  const view = createProgressTerminal(terminal);
  const write = (text: string) => void process.stdout.write(text);
  const trainer = launchTrainer({
    ...launch,
    trainerPath: bundlePath('trainer.js'),
    onMessage(message) {
      if (message.type === 'progress') write(view.preparing({ phase: message.phase, fraction: message.fraction }));
      if (message.type === 'warning') write(view.say(`warning: ${harmless(message.text)}`));
      if (message.type === 'changed') void followed.poke();
    },
  });
  const followed = followRun(launch.runFolder, update => write(view.update(update)), {
    heartbeatAs: `terminal-${process.pid}`,
  });
  const resize = () =>
    write(view.resize(process.stdout.columns ?? terminal.width, process.stdout.rows ?? terminal.height));
  process.stdout.on('resize', resize);
  const forget = stopOnSignals(launch.runFolder, trainer, text => write(view.say(text)));
  try {
    const exit = await trainer.exited;
    await followed.poke();
    write(view.finish());
    if (exit.ended === null) {
      warn(explainExit(launch.runFolder, exit));
      return exitCodes.couldNotRun;
    }
    const { status, reason } = exit.ended;
    // A trainer that could not write its run folder says the reason only here.
    if (status === 'failed' && view.state().record?.reason !== reason) warn(reason ?? '');
    return status === 'failed' ? exitCodes.notInOrder : exitCodes.done;
  } finally {
    followed.close();
    forget();
    process.stdout.off('resize', resize);
  }
}

/** Starts a trainer that goes on alone, and does not wait for it. */
export function trainInBackground(launch: Launch): void {
  const trainer = launchTrainer({ ...launch, trainerPath: bundlePath('trainer.js'), unattended: true });
  trainer.letGo();
}

/** Shows a run that another process trains, until it ends or the user has seen enough. */
export async function watchRun(folder: string, terminal: Terminal): Promise<void> {
  const view = createProgressTerminal(terminal);
  await new Promise<void>(resolve => {
    const followed = followRun(
      folder,
      update => {
        process.stdout.write(view.update(update));
        if (update.status !== null && !isActive(update.status)) end();
        else if (update.record === null && update.problem !== null) end();
      },
      { heartbeatAs: `terminal-${process.pid}` },
    );
    const resize = () => process.stdout.write(view.resize(process.stdout.columns ?? 80, process.stdout.rows ?? 24));
    process.stdout.on('resize', resize);
    process.once('SIGINT', end);
    function end(): void {
      process.off('SIGINT', end);
      process.stdout.off('resize', resize);
      followed.close();
      process.stdout.write(view.finish());
      resolve();
    }
  });
  const { record, status } = view.state();
  if (status !== null && isActive(status)) print(`${record?.id} goes on: supra watch, supra runs stop`);
}

function stopOnSignals(folder: string, trainer: Trainer, say: (text: string) => void): () => void {
  let asked = 0;
  const onSignal = () => {
    asked++;
    if (asked > 1) {
      trainer.kill();
      return;
    }
    say('Stopping after this step, with a checkpoint. Ctrl-C again ends it at once.');
    try {
      requestControl(folder, 'stop');
    } catch {
      // No way to write a request (a full disk): the signal does the same.
      trainer.interrupt();
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
