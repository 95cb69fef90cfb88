/** Types of vscode-server.mjs for the tests. */
export interface VscodeServer {
  readonly port: number;
  readonly dataDir: string;
  readonly authority: string;
  log(): string;
  stop(): Promise<void>;
}
export interface ServerOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly extensionsDir?: string;
  readonly dataDir?: string;
  readonly port?: number;
  /** Turns workspace trust on; the tests' folders are trusted without it. */
  readonly trust?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}
export function startServer(options?: ServerOptions): Promise<VscodeServer>;
export function remoteUri(server: Pick<VscodeServer, 'authority'>, file: string): string;
export function workbenchUrl(
  server: Pick<VscodeServer, 'authority'>,
  options?: { readonly folder?: string; readonly extension?: string; readonly suite?: string },
): string;
export function chromiumPath(): string;
export const chromiumArgs: string[];
