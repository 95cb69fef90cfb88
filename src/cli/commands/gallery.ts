import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { findInGallery, type GalleryFacts, galleryFacts, sizeOf } from '../../language/features/gallery-facts';
import { explainSystemError, messageOf } from '../../runs/run-error';
import { CliError } from '../cli-error';
import { shownPath } from '../model-file';
import { supraRoot } from '../package-info';
import { alignColumns, print } from '../terminal';

/** supra gallery: the known architectures that come with Supra, listed, printed or copied. */
export const galleryCommand = (): Command =>
  new Command('gallery')
    .description('list the known architectures, or print one to start from')
    .argument('[name]', 'which one, by its file, model or title')
    .option('-o, --out <file>', 'write it there (without it the model is printed)')
    .option('--json', 'print the list as JSON')
    .action((name: string | undefined, options: { out?: string; json?: boolean }) => {
      const folder = join(supraRoot(), 'gallery');
      const gallery = readFacts(folder);
      if (name === undefined) {
        if (options.out !== undefined) throw new CliError('Which architecture? supra gallery lists them.');
        if (options.json) print(JSON.stringify(gallery, null, 2));
        else
          for (const line of alignColumns(gallery.map(facts => [facts.file, sizeOf(facts), facts.idea]))) print(line);
        return;
      }
      const found = findInGallery(name, gallery);
      if (found === undefined) {
        throw new CliError(`The gallery has no '${name}'. There are: ${gallery.map(({ file }) => file).join(', ')}.`);
      }
      const text = readFileSync(join(folder, `${found.file}.supra`), 'utf8');
      if (options.out === undefined) process.stdout.write(text);
      else {
        writeNew(options.out, text);
        print(`${shownPath(options.out)} written: ${found.title}, ${sizeOf(found)}`);
      }
    });

function readFacts(folder: string): readonly GalleryFacts[] {
  if (!existsSync(folder)) throw new CliError(`${folder} is missing. Install Supra again.`);
  return readdirSync(folder)
    .filter(file => file.endsWith('.supra'))
    .sort()
    .flatMap(file => galleryFacts(file.slice(0, -'.supra'.length), readFileSync(join(folder, file), 'utf8')) ?? []);
}

function writeNew(out: string, text: string): void {
  if (existsSync(out)) throw new CliError(`${out} is there already and is not overwritten. Name another file.`);
  try {
    writeFileSync(out, text, { flag: 'wx' });
  } catch (error) {
    throw new CliError(messageOf(explainSystemError(error, `Writing ${out}`)));
  }
}
