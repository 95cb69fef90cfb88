/** Runs handlers so that a mistake in one of them costs one answer and never the server. */
export type Guard = <Params extends readonly unknown[], Result>(
  what: string,
  handler: (...params: Params) => Result,
  empty: Result,
) => (...params: Params) => Result;

/** Makes a guard that logs what went wrong. */
export const guardWith =
  (log: (message: string) => void): Guard =>
  (what, handler, empty) =>
  (...params) => {
    try {
      return handler(...params);
    } catch (error) {
      log(`${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return empty;
    }
  };
