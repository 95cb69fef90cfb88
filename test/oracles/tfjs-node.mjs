// Lays @tensorflow/tfjs-node into an ignored folder without its download, so that the `tensorflow` backend is really run:
//
//   node test/oracles/tfjs-node.mjs            prints the folder to use as SUPRA_TFJS_NODE
//   SUPRA_TFJS_NODE=$(node test/oracles/tfjs-node.mjs) npx vitest run test/engine/ops
//
// The npm package comes from the registry without its install script (which wants a library from a storage server). The
// library itself comes from the tensorflow-cpu wheel that pip finds (here a local folder; elsewhere PyPI): it has the C API
// that the package's own sources compile and link against. Needs python3 with pip, unzip by python, and g++.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = process.env.SUPRA_TFJS_NODE_DIR ?? join(here, '../../test-results/tfjs-node');
const tfjsVersion = '4.22.0';
const tfjsNode = join(root, 'node_modules/@tensorflow/tfjs-node');
const binding = join(tfjsNode, 'lib/napi-v8/tfjs_binding.node');

/** Runs a command with its output on stderr; a failure ends the script with one sentence. */
function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options });
  if (status === 0) return;
  console.error(`tfjs-node: ${command} ${args[0]} failed (${error?.message ?? `status ${status}`}); the tensorflow backend is not set up.`);
  process.exit(1);
}

if (!existsSync(binding)) {
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `@tensorflow/tfjs-node@${tfjsVersion}`], { cwd: root });

  const wheels = join(root, 'wheels');
  mkdirSync(wheels, { recursive: true });
  run('python3', ['-m', 'pip', 'download', '--no-deps', '--disable-pip-version-check', '-q', '-d', wheels, 'tensorflow-cpu']);
  const wheel = readdirSync(wheels).find(name => name.endsWith('.whl'));
  run('python3', ['-m', 'zipfile', '-e', join(wheels, wheel), join(root, 'wheel')]);

  const library = join(root, 'wheel/tensorflow');
  const deps = join(tfjsNode, 'deps');
  mkdirSync(join(deps, 'lib'), { recursive: true });
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) cpSync(join(library, name), join(deps, 'lib', name));
  cpSync(join(library, 'include'), join(deps, 'include'), { recursive: true });
  rmSync(join(root, 'wheel'), { recursive: true });
  rmSync(wheels, { recursive: true });

  const prefix = [dirname(dirname(process.execPath)), '/usr', '/usr/local'].find(each => existsSync(join(each, 'include/node/node_api.h')));
  if (prefix === undefined) {
    console.error('tfjs-node: the headers of Node (include/node) were not found next to this Node.');
    process.exit(1);
  }
  mkdirSync(dirname(binding), { recursive: true });
  run(
    'g++',
    [
      '-O2', '-fPIC', '-shared', '-std=c++17', '-w', '-DNAPI_VERSION=8', `-I${join(prefix, 'include/node')}`, '-I..', '-Ideps/include',
      'binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-o', binding,
      '-Ldeps/lib', '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
    { cwd: tfjsNode },
  );
}
console.log(tfjsNode);
