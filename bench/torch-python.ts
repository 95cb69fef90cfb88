import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A Python with PyTorch: SUPRA_BENCH_PYTHON, or a virtual environment in `.bench/torch` that is made once from what the
 * machine's pip finds. Where neither works the benchmark goes on without PyTorch and says so.
 */
export function torchPython(root: string): string | { readonly reason: string } {
  const given = process.env.SUPRA_BENCH_PYTHON;
  const folder = join(root, '.bench', 'torch');
  const python = given ?? join(folder, 'bin', 'python');
  try {
    if (given === undefined && !existsSync(python)) {
      process.stderr.write('Installing PyTorch into .bench/torch …\n');
      execFileSync('python3', ['-m', 'venv', folder]);
      execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'torch', 'numpy'], { stdio: 'inherit' });
    }
    execFileSync(python, ['-c', 'import torch'], { stdio: 'pipe' });
    return python;
  } catch (error) {
    return { reason: `PyTorch is left out: ${error instanceof Error ? error.message.split('\n')[0] : error}` };
  }
}
