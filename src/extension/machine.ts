import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { formatFlops } from '../base/format';
import { isActive } from '../runs/run-status';
import type { Language } from './language-client';
import { output } from './output';
import { registerCommand, UserError } from './register-command';
import type { RunHub } from './run-hub';
import { trainerEnvironment } from './trainer-environment';
import { expectTrust } from './workspace';

const run = promisify(execFile);
const storedKey = 'supra.machine';
const storedSchema = v.object({ key: v.string(), flopsPerSecond: v.number() });
const reportSchema = v.object({
  engine: v.nullable(v.string()),
  engines: v.array(v.object({ id: v.string(), flopsPerSecond: v.nullable(v.number()) })),
});

/** Doctor, and how fast this machine trains: measured once, in a process of its own, and kept. */
export function activateMachine(context: vscode.ExtensionContext, language: Language, hub: RunHub): void {
  // Another processor or other settings make another speed.
  const key = () =>
    JSON.stringify([cpus()[0]?.model, cpus().length, trainerEnvironment(), context.extension.packageJSON.version]);
  const doctor = (args: readonly string[], signal?: AbortSignal) =>
    run(process.execPath, [context.asAbsolutePath(path.join('dist', 'cli.js')), 'doctor', ...args], {
      env: { ...process.env, ...trainerEnvironment(), ELECTRON_RUN_AS_NODE: '1', NO_COLOR: '1' },
      timeout: 120_000,
      ...(signal === undefined ? {} : { signal }),
    });

  async function measure(signal?: AbortSignal): Promise<number> {
    const { stdout } = await doctor(['--benchmark', '--json'], signal);
    const { engine, engines } = v.parse(reportSchema, JSON.parse(stdout));
    const speed = engines.find(({ id }) => id === engine)?.flopsPerSecond;
    if (speed === null || speed === undefined)
      throw new UserError('No engine could be measured. Supra: Doctor says why.');
    await context.globalState.update(storedKey, { key: key(), flopsPerSecond: speed });
    language.tellMachine(speed);
    return speed;
  }

  const stored = v.safeParse(storedSchema, context.globalState.get(storedKey));
  if (stored.success && stored.output.key === key()) language.tellMachine(stored.output.flopsPerSecond);
  else if (vscode.workspace.isTrusted) {
    // Not while the window is still starting; it is an estimate, nobody waits for it. Nor while a model is trained: both
    // would be slow, and the speed wrong.
    let timer = setTimeout(function measureWhenIdle() {
      if (hub.list().some(run => run.record !== null && isActive(run.status)))
        timer = setTimeout(measureWhenIdle, 30_000);
      else void measure().catch(error => output().warn(`Benchmark: ${error}`));
    }, 5000);
    context.subscriptions.push({ dispose: () => clearTimeout(timer) });
  }

  context.subscriptions.push(
    registerCommand('benchmark', async () => {
      expectTrust();
      const speed = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: 'Measuring how fast this machine trains',
          cancellable: true,
        },
        async (_progress, token) => {
          const controller = new AbortController();
          token.onCancellationRequested(() => controller.abort());
          return measure(controller.signal).catch((error: unknown) => {
            if (controller.signal.aborted) return null;
            throw error;
          });
        },
      );
      if (speed !== null)
        void vscode.window.showInformationMessage(`This machine trains at ${formatFlops(speed, '/s')}.`);
    }),
    registerCommand('doctor', async () => {
      const { stdout, stderr } = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: 'Supra: Doctor' },
        () => doctor([]),
      );
      const document = await vscode.workspace.openTextDocument({
        content: `${stdout}${stderr}`,
        language: 'plaintext',
      });
      await vscode.window.showTextDocument(document, { preview: true });
    }),
  );
}
