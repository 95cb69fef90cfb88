import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a peer says once it has made its model. */
export interface Hello {
  readonly parameters: number;
  /** Resident memory of the process before it made the model: the program and its libraries. */
  readonly baselineBytes: number;
  readonly details: string;
}

/** One training step as a peer measured it itself. */
export interface Step {
  readonly stepMs: number;
  readonly loss: number;
  /** Highest resident memory since the last `forget-peak`. */
  readonly peakBytes: number;
}

/** What the machine gives a peer's libraries at best. */
export interface Limits {
  /** Of a large square matrix product, in the peer's number format. */
  readonly flopsPerSecond: number;
  /** Of a large copy; what is read and what is written both count. */
  readonly bytesPerSecond: number;
}

interface Answers {
  readonly step: Step;
  readonly limits: Limits;
  readonly 'forget-peak': object;
}

/** A process that does something whenever it is told to. In between it does nothing, so peers can take turns. */
export interface Peer {
  readonly name: string;
  readonly hello: Hello;
  /** Sends one word and waits for one line of JSON; throws when the peer ends or takes longer than the limit. */
  ask<Word extends keyof Answers>(word: Word, limitMs: number): Promise<Answers[Word]>;
  stop(): void;
}

export interface PeerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a peer; resolves when its model is there. Throws the reason why it is not. */
export async function startPeer({ name, command, args, env }: PeerCommand, limitMs: number): Promise<Peer> {
  // A group of its own, so that the compilers a peer starts end with it.
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe', detached: true });
  const lines = linesOf(child);
  const stop = () => {
    process.removeListener('exit', stop);
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  process.once('exit', stop);
  const answer = async (limit: number): Promise<unknown> => {
    try {
      return JSON.parse(await lines.next(limit));
    } catch (error) {
      stop();
      throw error;
    }
  };
  const hello = (await answer(limitMs)) as Hello;
  return {
    name,
    hello,
    async ask<Word extends keyof Answers>(word: Word, limit: number) {
      child.stdin.write(`${word}\n`);
      return (await answer(limit)) as Answers[Word];
    },
    stop,
  };
}

/** Lines of a process, one by one, each within a time. */
function linesOf(child: ChildProcessWithoutNullStreams): { next(limitMs: number): Promise<string> } {
  const ready: string[] = [];
  let waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  let ended: Error | undefined;
  let errors = '';
  const end = (why: string) => {
    ended ??= new Error(`${why} ${errors.trim().split('\n').slice(-3).join(' ')}`.trim());
    waiting?.reject(ended);
    waiting = undefined;
  };
  child.stderr.on('data', data => {
    errors = `${errors}${data}`.slice(-2000);
  });
  // Writing to a peer that has ended is reported by its end.
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', line => {
    if (waiting === undefined) ready.push(line);
    else waiting.resolve(line);
    waiting = undefined;
  });
  child.on('error', error => end(error.message));
  child.on('close', (code, signal) => end(`ended with ${signal ?? `code ${code}`}.`));
  return {
    next: limitMs =>
      new Promise<string>((resolve, reject) => {
        const line = ready.shift();
        if (line !== undefined) resolve(line);
        else if (ended !== undefined) reject(ended);
        else {
          const timer = setTimeout(() => end(`took longer than ${(limitMs / 1000).toFixed(0)} s`), limitMs);
          waiting = {
            resolve: text => {
              clearTimeout(timer);
              resolve(text);
            },
            reject: error => {
              clearTimeout(timer);
              reject(error);
            },
          };
        }
      }),
  };
}
