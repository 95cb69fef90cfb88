import { createRequire } from 'node:module';
import { Command } from 'commander';
import { bundlePath } from '../package-info';

/** supra lsp: the language server for any editor, in this process. */
export const lspCommand = (): Command =>
  new Command('lsp')
    .description('run the language server, for any editor')
    .requiredOption('--stdio', 'speak over standard input and output')
    .addHelpText('after', '\nThe file type is *.supra, the language id "supra".')
    .action(() => {
      // The server finds --stdio in this process's own arguments.
      createRequire(__filename)(bundlePath('server.js'));
    });
