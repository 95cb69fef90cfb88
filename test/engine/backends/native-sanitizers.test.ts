import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(__dirname, '../../..');
const native = join(root, 'native');
const results = join(root, 'test-results/native-sanitizers');
const compiler = process.env.CXX ?? 'g++';

/**
 * Instruction sets whose code runs on any machine of this architecture. The widest one's logic runs with its vectors cut in
 * two and its bf16 dot product in plain words.
 */
const onIntel = process.arch === 'x64';
const wide = { source: 'isa-avx512bf16', table: 'kernels_avx512bf16', flags: ['-mavx2', '-mfma'] };
const baseline = { source: 'isa-baseline', table: 'kernels_baseline', flags: [] };
const usual = onIntel ? { source: 'isa-avx2', table: 'kernels_avx2', flags: ['-mavx2', '-mfma'] } : baseline;
// Unoptimised code compiles four times faster under these two, and runs long enough.
const memory = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-O0'];
// Tasks run on threads that nothing orders: a race shows although the first task ends before the second begins.
const threads = ['-fsanitize=thread', '-O1', '-DSUPRA_STRANGER_THREADS'];

const variants = [
  ...(onIntel ? [{ name: 'memory and undefined behaviour without AVX', ...baseline, sanitizer: memory }] : []),
  { name: 'memory and undefined behaviour', ...usual, sanitizer: memory },
  { name: 'races', ...usual, sanitizer: threads },
  ...(onIntel ? [{ name: 'memory and undefined behaviour of the widest vectors', ...wide, sanitizer: memory }] : []),
];

/** Mistakes that kernels-test.cc makes when it is asked to, and what the sanitizer says about each. */
const mistakes = [
  { name: 'an element past the end', number: 1, sanitizer: memory, words: 'heap-buffer-overflow' },
  { name: 'an overflow', number: 2, sanitizer: memory, words: 'signed integer overflow' },
  { name: 'two tasks that write one place', number: 3, sanitizer: threads, words: 'data race' },
];

for (const { name, number, sanitizer, words } of mistakes) {
  it.skipIf(whySanitizerIsMissing(sanitizer) !== null)(
    `a sanitizer refuses ${name}`,
    () => {
      const program = build(usual, sanitizer);
      const env = { ...process.env, TSAN_OPTIONS: 'halt_on_error=1' };
      const { status, stderr } = spawnSync(program, [String(number)], { encoding: 'utf8', env });
      expect(stderr).toContain(words);
      expect(status).not.toBe(0);
    },
    180_000,
  );
}

for (const { name, sanitizer, ...set } of variants) {
  const missing = whySanitizerIsMissing(sanitizer);
  if (missing !== null) console.log(`skipped: native kernels under ${sanitizer[0]}: ${missing}`);
  it.skipIf(missing !== null)(
    `the native kernels pass their test under a sanitizer: ${name}`,
    () => {
      const program = build(set, sanitizer);
      const { status, stdout, stderr } = spawnSync(program, { encoding: 'utf8' });
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toContain(' 0 failures');
    },
    180_000,
  );
}

/** Compiles once per state of the sources: the name of the program is their hash. */
function build({ source, table, flags }: typeof usual, sanitizer: string[]): string {
  const sources = ['test/kernels-test.cc', `source/${source}.cc`, 'source/pool.cc'];
  const built = ['-std=c++17', '-g1', '-Wno-psabi', ...flags, ...sanitizer, `-DSUPRA_TABLE=${table}`];
  const args = [...built, ...sources, '-pthread'];
  const hash = createHash('sha256').update(args.join(' '));
  for (const folder of ['source', 'source/kernels', 'test']) {
    for (const file of readdirSync(join(native, folder)).sort()) {
      if (/\.(h|cc)$/.test(file)) hash.update(readFileSync(join(native, folder, file)));
    }
  }
  const program = join(results, hash.digest('hex').slice(0, 16));
  if (existsSync(program)) return program;
  mkdirSync(results, { recursive: true });
  const { status, stderr } = spawnSync(compiler, [...args, '-o', program], { cwd: native, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return program;
}

function whySanitizerIsMissing(flags: string[]): string | null {
  mkdirSync(results, { recursive: true });
  const args = [...flags, '-x', 'c++', '-', '-o', join(results, 'probe')];
  const { status, error, stderr } = spawnSync(compiler, args, { input: 'int main() {}', encoding: 'utf8' });
  if (status === 0) return null;
  return error?.message ?? stderr.split('\n')[0] ?? 'the compiler does not link it';
}
