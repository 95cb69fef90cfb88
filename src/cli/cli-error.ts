/**
 * Exit codes of the command line:
 * 0 done; 1 it ran, and what it looked at is not in order (errors in a file, a training that failed);
 * 2 it could not run: wrong usage, a missing file, a machine that lacks something.
 */
export const exitCodes = { done: 0, notInOrder: 1, couldNotRun: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with a message for people (what, why, what to do) and an exit code. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly code: ExitCode = exitCodes.couldNotRun,
  ) {
    super(message);
    this.name = 'CliError';
  }
}
