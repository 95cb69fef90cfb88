import { exportFormats, exportName, exportRun } from '../exchange/export-run';
import { importConfig } from '../exchange/hugging-face/import-config';
import { nameInConfig } from '../exchange/hugging-face/recognize-config';
import { modelNameOf } from '../exchange/model-name';
import { startFacts } from '../exchange/start/start-facts';
import { writeImported } from '../language/writing/write-imported';

// What reads and writes other formats is a bundle of its own (esbuild.mjs), loaded by the first command that needs it, so that
// it does not make the start of the extension longer. Import this file only as `await import('./exchange.js')`.

/** What `supra export` does, too. */
export const exporter = { formats: exportFormats, nameOf: exportName, write: exportRun } as const;

/** What a train block starts from, for the check of its file. */
export const lookUpStart = startFacts;

export interface ImportedText {
  /** A model file. */
  readonly text: string;
  readonly warnings: readonly string[];
}

/** The model that a config.json describes as the text of a model file, or why there is none. */
export function importConfigText(
  config: string,
  folder: string | null,
): { readonly value: ImportedText; readonly error: null } | { readonly value: null; readonly error: string } {
  const { value, problems } = importConfig(config, folder === null ? nameInConfig(config) : modelNameOf(folder));
  const messages = (severity: string) =>
    problems.filter(problem => problem.severity === severity).map(({ message }) => message);
  if (value === null) return { value: null, error: messages('error').join(' ') };
  const warnings = messages('warning');
  return {
    value: { text: writeImported(value.spec, { modelType: value.modelType, warnings }), warnings },
    error: null,
  };
}
