import { writeGenerated } from './generate';

/** Writes the grammar, the snippets and the reference: `node scripts/run-typescript.mjs scripts/write-generated.ts`. */
for (const path of writeGenerated(process.cwd())) console.log(path);
