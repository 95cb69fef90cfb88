#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { messageOf, RunError } from '../runs/run-error';
import { CliError, exitCodes } from './cli-error';
import { checkCommand } from './commands/check';
import { compareCommand } from './commands/compare';
import { costCommand } from './commands/cost';
import { doctorCommand } from './commands/doctor';
import { exportCommand } from './commands/export';
import { formatCommand } from './commands/format';
import { galleryCommand } from './commands/gallery';
import { importCommand } from './commands/import';
import { lspCommand } from './commands/lsp';
import { newCommand } from './commands/new';
import { reportCommand } from './commands/report';
import { resumeCommand } from './commands/resume';
import { runsCommand } from './commands/runs';
import { sampleCommand } from './commands/sample';
import { trainCommand } from './commands/train';
import { verifyCommand } from './commands/verify';
import { watchCommand } from './commands/watch';
import { supraVersion } from './package-info';
import { warn } from './terminal';

/** The command line (dist/cli.js, bin `supra`). One file per verb; this one only lists them and catches what goes wrong. */
async function main(words: readonly string[]): Promise<number> {
  const program = new Command('supra')
    .description('Design and train small language models: exact counts, checks, training on this machine.')
    .version(supraVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'say what there is')
    .helpCommand('help [command]', 'say more about a command')
    .showHelpAfterError('(supra --help says what there is)')
    .addHelpText(
      'after',
      `
A run is named by its id, a part of it, its name, or "last".
Runs are kept in .supra/runs of the folder that the command is called in.

Exit codes: 0 done; 1 errors in a file, or a training that failed; 2 wrong usage or a machine that lacks something.

Begin with:
  supra new                 write a model.supra
  supra check               see what is wrong with it
  supra train               train it here`,
    );
  for (const command of [
    newCommand(),
    checkCommand(),
    costCommand(),
    formatCommand(),
    galleryCommand(),
    importCommand(),
    trainCommand(),
    resumeCommand(),
    watchCommand(),
    runsCommand(),
    sampleCommand(),
    compareCommand(),
    reportCommand(),
    exportCommand(),
    verifyCommand(),
    doctorCommand(),
    lspCommand(),
  ]) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  for (const command of [program, ...program.commands.flatMap(verb => [verb, ...verb.commands])])
    command.exitOverride();
  try {
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    return report(error);
  }
}

/** The one border where failures become a line and an exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.couldNotRun;
  if (error instanceof CliError) {
    warn(`supra: ${error.message}`);
    return error.code;
  }
  if (error instanceof RunError || (error instanceof Error && error.name === 'DataError')) {
    warn(`supra: ${error.message}`);
    return exitCodes.couldNotRun;
  }
  warn(`supra failed: ${messageOf(error)}. This is a mistake in Supra; please report it with what follows.`);
  if (error instanceof Error) warn(error.stack ?? '');
  return exitCodes.couldNotRun;
}

// A reader that has seen enough (supra runs | head) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});

void main(process.argv.slice(2)).then(code => {
  process.exitCode = code;
});
