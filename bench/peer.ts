import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One training step as a peer measured it itself. */
export interface Step {
  readonly stepMs: number;
  readonly memoryBytes: number;
  readonly loss: number;
}

/** A process that makes one step whenever it is told to. Between steps it does nothing, so peers can take turns. */
export interface Peer {
  readonly name: string;
  step(): Promise<Step>;
  stop(): void;
}

/** Starts a peer; resolves when it is ready for its first step, or to the reason why it is not. */
export async function startPeer(
  name: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Peer | string> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  const lines = linesOf(child);
  const first = await lines.next();
  if (typeof first !== 'string') return `${name}: ${first.reason}`;
  return {
    name,
    async step() {
      child.stdin.write('\n');
      const line = await lines.next();
      if (typeof line !== 'string') throw new Error(`${name}: ${line.reason}`);
      return JSON.parse(line) as Step;
    },
    stop: () => child.kill('SIGKILL'),
  };
}

function linesOf(child: ChildProcessWithoutNullStreams) {
  const waiting: ((line: string | { reason: string }) => void)[] = [];
  const ready: string[] = [];
  let ended: { reason: string } | undefined;
  let errors = '';
  child.stderr.on('data', data => {
    errors = `${errors}${data}`.slice(-2000);
  });
  createInterface({ input: child.stdout }).on('line', line => {
    const next = waiting.shift();
    if (next === undefined) ready.push(line);
    else next(line);
  });
  const end = (why: string) => {
    ended = { reason: `${why} ${errors.trim().split('\n').slice(-3).join(' ')}` };
    for (const next of waiting.splice(0)) next(ended);
  };
  child.on('error', error => end(error.message));
  child.on('exit', code => end(`ended with code ${code}.`));
  return {
    next: () =>
      new Promise<string | { reason: string }>(resolve => {
        const line = ready.shift();
        if (line !== undefined) resolve(line);
        else if (ended !== undefined) resolve(ended);
        else waiting.push(resolve);
      }),
  };
}
