import { parseTrainerArguments, type TrainerMessage } from '../protocol/trainer';
import { runTrainer, trainerExit } from './run-trainer';

/**
 * The trainer process (dist/trainer.js). Arguments: run folder, workspace root, start or resume, attended or unattended.
 * SIGINT and SIGTERM are clean stops with a checkpoint; the second one ends the process at once.
 */

/** How long an attended run goes on after its parent and all watching windows are gone. */
const graceMs = 60_000;

async function main(): Promise<number> {
  const args = parseTrainerArguments(process.argv.slice(2));
  if (args === null) {
    console.error('This is the trainer process of Supra. Start it with: supra train');
    return trainerExit.wrongArguments;
  }
  let signal: string | null = null;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // The terminal that started it closed: that is not a wish to stop, and company decides.
      if (name === 'SIGHUP') return;
      if (signal !== null) process.exit(130);
      signal = name;
    });
  }
  return runTrainer(args, {
    send,
    hasParent: () => process.connected === true,
    stopSignal: () => signal,
    log: line => console.error(line),
    graceMs: Number(process.env.SUPRA_GRACE_MS ?? graceMs),
  });
}

/** A message to a parent that may just be leaving. */
function send(message: TrainerMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

main().then(
  code => {
    process.exitCode = code;
    // Ends the process once the last message is through: an open channel would keep it alive.
    if (process.connected) process.disconnect?.();
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = trainerExit.failed;
    if (process.connected) process.disconnect?.();
  },
);
