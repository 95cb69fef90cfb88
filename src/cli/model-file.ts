import { readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { isAbsolute, relative, resolve } from 'node:path';
import { lineText, positionAt } from '../base/text';
import { startFacts } from '../exchange/start/start-facts';
import { unfitsOf } from '../exchange/unfits';
import type { ResolvedTrain } from '../language/analysis/resolved';
import { type Analysed, analysed } from '../language/features/analysed';
import { type Diagnostic, diagnostics } from '../language/features/diagnostics';
import { explainSystemError, messageOf } from '../runs/run-error';
import { readGallery } from '../server/gallery';
import { fileBytes } from '../server/paths';
import { CliError, exitCodes } from './cli-error';
import { supraRoot } from './package-info';
import { plural, type Terminal, warn } from './terminal';

/** A model.supra as the commands use it. */
export interface ModelFile {
  /** As to be shown: relative to the working folder where it lies inside. */
  readonly shown: string;
  readonly path: string;
  readonly text: string;
  readonly analysed: Analysed;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads and checks a file; without a name `model.supra`, or the only .supra file of the folder. */
export function readModelFile(name: string | undefined, folder = process.cwd()): ModelFile {
  const path = resolve(folder, name ?? findModelFile(folder));
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new CliError(messageOf(explainSystemError(error, `Reading ${name ?? path}`)));
  }
  const gallery = readGallery(supraRoot());
  const result = analysed(
    text,
    { findModel: gallery.find, galleryNames: gallery.names },
    {
      machineMemoryBytes: totalmem(),
      // Where training will look, too.
      dataBytes: source => (source === null ? null : fileBytes(resolve(folder, source))),
      startOf: (start, model) => startFacts(folder, start, model),
      unfitsOf,
    },
  );
  return { shown: shownPath(path, folder), path, text, analysed: result, diagnostics: diagnostics(result) };
}

/** The file as a path for people: relative where it lies inside the folder. */
export function shownPath(path: string, folder = process.cwd()): string {
  const inside = relative(folder, path);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

function findModelFile(folder: string): string {
  const files = readdirSync(folder).filter(file => file.endsWith('.supra'));
  if (files.includes('model.supra')) return 'model.supra';
  const [only] = files;
  if (only !== undefined && files.length === 1) return only;
  throw new CliError(
    files.length === 0
      ? `There is no .supra file in ${folder}. Write one with: supra new`
      : `There are ${files.length} .supra files here: ${files.join(', ')}. Say which one.`,
  );
}

/** A problem as compilers print it, with the line it is about. */
export function diagnosticLines(file: ModelFile, found: Diagnostic, terminal: Terminal): string[] {
  const { paint } = terminal;
  const { lines } = file.analysed;
  const { line, character } = positionAt(lines, found.start);
  const end = positionAt(lines, found.end);
  const color = found.severity === 'error' ? 'red' : found.severity === 'warning' ? 'yellow' : 'blue';
  const text = lineText(lines, line).replace(/\t/g, ' ');
  const width = Math.max(1, (end.line === line ? end.character : text.length) - character);
  const number = String(line + 1);
  const gutter = ' '.repeat(number.length);
  return [
    `${paint('bold', `${file.shown}:${line + 1}:${character + 1}:`)} ${paint(color, found.severity)} ${found.message} ${paint('dim', `[${found.code}]`)}`,
    `  ${paint('dim', `${number} |`)} ${text}`,
    `  ${paint('dim', `${gutter} |`)} ${' '.repeat(character)}${paint(color, '^'.repeat(width))}  ${paint('dim', `docs/${found.page}`)}`,
  ];
}

/** `2 errors, 1 warning`; empty when there is nothing. */
export function countOf(found: readonly Diagnostic[]): string {
  const parts = (['error', 'warning', 'info', 'hint'] as const).flatMap(severity => {
    const count = found.filter(each => each.severity === severity).length;
    const noun = severity === 'info' ? 'note' : severity;
    return count === 0 ? [] : [plural(count, noun)];
  });
  return parts.join(', ');
}

/** Ends the command when the file has errors: what follows would be about another model than the one written. */
export function expectNoErrors(file: ModelFile, terminal: Terminal): void {
  const errors = file.diagnostics.filter(found => found.severity === 'error');
  if (errors.length === 0) return;
  for (const error of errors) for (const line of diagnosticLines(file, error, terminal)) warn(line);
  throw new CliError(`${file.shown} has ${plural(errors.length, 'error')}. Correct them first.`, exitCodes.notInOrder);
}

/** The train block called `name`; without a name the only one. */
export function trainBlock(
  file: ModelFile,
  name: string | undefined,
): ResolvedTrain & { experiment: NonNullable<ResolvedTrain['experiment']> } {
  const { trains } = file.analysed.file;
  const names = trains.map(train => train.name || '(without a name)').join(', ');
  if (trains.length === 0) {
    throw new CliError(
      `${file.shown} has no train block, so there is nothing to train. Add one, at least: train { }`,
      exitCodes.notInOrder,
    );
  }
  const chosen =
    name === undefined ? (trains.length === 1 ? trains[0] : undefined) : trains.find(train => train.name === name);
  if (chosen === undefined) {
    throw new CliError(
      name === undefined
        ? `${file.shown} has ${trains.length} train blocks: ${names}. Say which one with --name.`
        : `${file.shown} has no train block called '${name}'. There are: ${names}.`,
    );
  }
  if (chosen.experiment === undefined) {
    throw new CliError(
      `The model of this train block is not known. supra check ${file.shown} says why.`,
      exitCodes.notInOrder,
    );
  }
  return { ...chosen, experiment: chosen.experiment };
}
