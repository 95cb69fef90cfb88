import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { Command } from 'commander';
import { explainSystemError, messageOf } from '../../runs/run-error';
import { CliError } from '../cli-error';
import { shownPath } from '../model-file';
import { supraRoot } from '../package-info';
import { alignColumns, print } from '../terminal';

/** supra new: writes a model file to start from. */
export const newCommand = (): Command =>
  new Command('new')
    .description('write a model file to start from')
    .argument('[file]', 'the file to write', 'model.supra')
    .option('-e, --example <name>', 'which example to begin with', 'supra-mini')
    .option('--list', 'say which examples there are')
    .action((file: string, options: { example: string; list?: boolean }) => {
      const examples = findExamples();
      if (options.list) {
        for (const line of alignColumns(examples.map(({ name, about }) => [name, about]))) print(line);
        return;
      }
      const chosen = examples.find(({ name }) => name === options.example);
      if (chosen === undefined) {
        throw new CliError(
          `There is no example '${options.example}'. There are: ${examples.map(({ name }) => name).join(', ')}.`,
        );
      }
      if (existsSync(file)) throw new CliError(`${file} is there already and is not overwritten. Name another file.`);
      try {
        writeFileSync(file, readFileSync(chosen.path), { flag: 'wx' });
      } catch (error) {
        throw new CliError(messageOf(explainSystemError(error, `Writing ${file}`)));
      }
      print(`${shownPath(file)} written, from the example ${chosen.name}. Next: supra check, supra train`);
    });

interface Example {
  readonly name: string;
  readonly path: string;
  /** Its first comment. */
  readonly about: string;
}

function findExamples(): Example[] {
  const folder = join(supraRoot(), 'examples');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.supra'))
    .map(entry => {
      const path = join(entry.parentPath, entry.name);
      const inside = relative(folder, path);
      const name =
        basename(inside) === 'model.supra'
          ? inside.slice(0, -'/model.supra'.length)
          : inside.slice(0, -'.supra'.length);
      const first = readFileSync(path, 'utf8').split('\n')[0] ?? '';
      return { name: name.replaceAll('\\', '/'), path, about: first.replace(/^#\s*/, '') };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
