import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import {
  createProtocolConnection,
  type InitializeResult,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { serverNodeOptions } from '../../src/protocol/server';
import { packageRoot } from '../../src/server/package-root';

const root = packageRoot(import.meta.dirname) ?? process.cwd();

/** A language server of its own process, spoken to over stdio as any editor would. */
export interface RunningServer {
  readonly connection: ProtocolConnection;
  readonly initialized: InitializeResult;
  /** What it wrote to its error stream. */
  readonly errors: () => string;
  /** Ends it as an editor does, and waits for its exit code. */
  readonly end: () => Promise<number | null>;
}

/** Builds the bundle of the server. It lies inside the package, since the server looks for the gallery and docs from there. */
export function buildServer(): { readonly file: string; readonly remove: () => void } {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(root, 'dist/test-server-'));
  const file = join(folder, 'server.js');
  buildSync({
    entryPoints: [join(root, 'src/server/main.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
  return { file, remove: () => rmSync(folder, { recursive: true }) };
}

export interface StartOptions {
  readonly initializationOptions?: unknown;
  readonly workspaceFolder?: string;
  /** Answers to `workspace/configuration`. */
  readonly settings?: unknown;
}

export async function startServer(file: string, options: StartOptions = {}): Promise<RunningServer> {
  const child = spawn(process.execPath, [...serverNodeOptions, file, '--stdio'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', chunk => {
    errors += String(chunk);
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
    undefined,
  );
  connection.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) =>
    items.map(() => options.settings ?? null),
  );
  connection.onRequest('client/registerCapability', () => null);
  connection.listen();
  const initialized = await connection.sendRequest<InitializeResult>('initialize', {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: options.workspaceFolder ? [{ uri: options.workspaceFolder, name: 'test' }] : null,
    initializationOptions: options.initializationOptions,
    capabilities: {
      workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
      textDocument: { completion: { completionItem: { snippetSupport: true } } },
    },
  });
  await connection.sendNotification('initialized', {});
  return { connection, initialized, errors: () => errors, end: () => endServer(connection, child) };
}

async function endServer(connection: ProtocolConnection, child: ChildProcess): Promise<number | null> {
  const exited = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
  await connection.sendRequest('shutdown');
  await connection.sendNotification('exit');
  const code = await exited;
  connection.dispose();
  return code;
}
