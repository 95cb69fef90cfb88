/** Types of lay-vscode-server.mjs for the tests. */
export function layVscodeServer(options?: { readonly log?: (line: string) => void }): string;
