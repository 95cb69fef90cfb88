import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ModelSpec } from '../src/architecture/model';
import { printConfigJson } from '../src/exchange/hugging-face/config-json';
import { exportConfig } from '../src/exchange/hugging-face/export-config';
import { torchPython } from './torch-python';

/** A model of transformers that trains one step whenever it is told to. */
export interface GalleryPeer {
  /** Milliseconds of a step; null where there is no such class, or it failed. */
  step(): Promise<number | null>;
  /** Why there are no steps. */
  readonly problem: string;
  stop(): void;
}

const none = (problem: string): GalleryPeer => ({ step: async () => null, problem, stop: () => undefined });

/** Starts bench/gallery-peer.py for the class of transformers that holds the model. */
export async function galleryPeer(
  root: string,
  spec: ModelSpec,
  { batch, context }: { readonly batch: number; readonly context: number },
): Promise<GalleryPeer> {
  const { value } = exportConfig(spec);
  if (value === null) return none('no such class');
  const folder = join(root, '.bench', 'gallery', spec.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), printConfigJson(value.config));
  const threads = process.env.SUPRA_THREADS ?? '';
  const child = spawn(
    torchPython(root),
    [join(root, 'bench', 'gallery-peer.py'), folder, String(batch), String(context), threads],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string | null> => {
    const line = await lines.next();
    return line.done === true ? null : line.value;
  };
  const hello = await next();
  if (hello !== 'ready') {
    child.kill('SIGKILL');
    return none(hello ?? 'failed');
  }
  return {
    async step() {
      child.stdin.write('step\n');
      const line = await next();
      return line === null ? null : Number(line);
    },
    problem: 'failed',
    stop: () => child.kill('SIGKILL'),
  };
}
