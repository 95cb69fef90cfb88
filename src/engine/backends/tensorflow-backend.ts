import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { engine, env, setBackend } from '@tensorflow/tfjs-core';
import type { BackendReport } from './backend-report';

/** The optional package, or the folder of one that `test/oracles/tfjs-node.mjs` laid out. */
const packageName = '@tensorflow/tfjs-node';

/**
 * tfjs-node, which brings TensorFlow's C library. It is optional: its install downloads a large library.
 *
 * The variable SUPRA_TFJS_NODE names the folder of a tfjs-node package to use instead of the installed one.
 */
export function reportTensorflowBackend(): BackendReport {
  const loaded = loadTensorflow();
  if ('problem' in loaded) return { id: 'tensorflow', available: false, reason: loaded.problem, details: [] };
  return {
    id: 'tensorflow',
    available: true,
    reason: `TensorFlow's own CPU kernels through ${packageName}.`,
    details: [{ name: 'library', value: loaded.version }],
  };
}

/** Makes tfjs-node the current tfjs backend. */
export async function activateTensorflowBackend(): Promise<void> {
  const loaded = loadTensorflow();
  if ('problem' in loaded) throw new Error(loaded.problem);
  if (!(await setBackend('tensorflow'))) throw new Error('tensorflow: tfjs could not start its tensorflow backend');
}

type Loaded = { readonly version: string } | { readonly problem: string };
let cached: Loaded | null = null;

/** Loads the package once; requiring it registers its backend and kernels with the shared tfjs engine. */
function loadTensorflow(): Loaded {
  cached ??= requireTensorflow();
  return cached;
}

function requireTensorflow(): Loaded {
  const folder = process.env.SUPRA_TFJS_NODE;
  if (folder !== undefined && folder !== '' && !isAbsolute(folder)) {
    return { problem: `SUPRA_TFJS_NODE must be an absolute path of a ${packageName} folder, but is '${folder}'.` };
  }
  const [current, quiet] = [engine().backendName, env().getBool('PROD')];
  try {
    // It registers tfjs's CPU kernels a second time, with a warning for each; 'PROD' keeps them quiet.
    env().set('PROD', true);
    const module: unknown = requireFromAround(folder || packageName);
    return { version: versionOf(module) };
  } catch (error) {
    const first = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return folder
      ? { problem: `The ${packageName} in ${folder} does not load: ${first}` }
      : {
          problem: first.startsWith('Cannot find module')
            ? `${packageName} is not installed; it is optional (npm install ${packageName}).`
            : `${packageName} is installed but does not load: ${first}`,
        };
  } finally {
    env().set('PROD', quiet);
    // Loading it makes it the current backend, and a report must change nothing.
    if (current) void setBackend(current);
  }
}

/** Looks beside the working directory and beside this file: a bundle may lie elsewhere than the user's packages. */
function requireFromAround(name: string): unknown {
  const places = [process.cwd(), ...(typeof __dirname === 'string' ? [__dirname] : [])];
  for (const place of places) {
    const require = createRequire(join(place, 'package.json'));
    if (place === places.at(-1) || canResolve(require, name)) return require(name);
  }
  return null;
}

function canResolve(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function versionOf(module: unknown): string {
  if (typeof module === 'object' && module !== null && 'version' in module) {
    const versions: unknown = module.version;
    if (typeof versions === 'object' && versions !== null && 'tfjs-node' in versions) {
      return `tfjs-node ${String(versions['tfjs-node'])}`;
    }
  }
  return 'tfjs-node';
}
