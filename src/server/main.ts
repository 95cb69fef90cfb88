import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './serve';

/** The language server as a process: over Node IPC for VS Code, over `--stdio` for every other editor. */
serve(createConnection(ProposedFeatures.all));
