import { copyCorpora } from '../src/data/corpora';

/** Copies the bundled texts to where a packed extension looks for them. */
const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('Expected a folder: copy-corpora.ts TARGET');
copyCorpora(target, process.cwd()).then(
  () => console.log(`The bundled texts are in ${target}`),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
