import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const known = new Map<string, string>();

/**
 * A Python with PyTorch: SUPRA_BENCH_PYTHON, or a virtual environment in `.bench/torch` that is made once from what the
 * machine's pip finds. Throws where neither works.
 */
export function torchPython(root: string): string {
  const found = known.get(root) ?? findPython(root);
  known.set(root, found);
  return found;
}

function findPython(root: string): string {
  const given = process.env.SUPRA_BENCH_PYTHON;
  const folder = join(root, '.bench', 'torch');
  const python = given ?? join(folder, 'bin', 'python');
  if (given === undefined && !existsSync(python)) {
    process.stderr.write('Installing PyTorch into .bench/torch …\n');
    execFileSync('python3', ['-m', 'venv', folder]);
    execFileSync(python, ['-m', 'pip', 'install', '-qq', 'torch', 'numpy'], { stdio: ['ignore', 2, 2] });
  }
  execFileSync(python, ['-c', 'import torch'], { stdio: 'pipe' });
  return python;
}
