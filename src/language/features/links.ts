import { checkpointOfStart, folderOfStart } from '../../architecture/start-path';
import type { Span } from '../../base/text';
import { isProblemCode } from '../analysis/problems';
import { walk } from '../syntax/tree';
import type { Analysed } from './analysed';
import { pageOf } from './diagnostics';
import { silencedCodes } from './silence';

/** A piece of text that leads somewhere. */
export interface Link extends Span {
  readonly target:
    | {
        readonly kind: 'file' /** Relative to the workspace or the file, not checked to exist: the first that does is meant. */;
        readonly paths: readonly string[];
      }
    | { readonly kind: 'docs' /** Relative to docs/. */; readonly page: string };
}

/** Paths of data and tokenizer files, and the codes in `# supra-ignore` comments. Globs lead nowhere. */
export function links({ file }: Analysed): readonly Link[] {
  const found: Link[] = [];
  for (const resolved of file.blocks.values()) {
    for (const { field, setting } of resolved.settings.values()) {
      if (field.kind !== 'text' || field.format === 'free' || !setting) continue;
      const owned = resolved.block?.body?.items.includes(setting);
      if (!owned) continue;
      walk(setting.value, node => {
        if (node.kind !== 'string' || node.value === '' || /[*?{}[\]]/.test(node.value)) return;
        const paths = field.format === 'start' ? factsOfStart(node.value) : [node.value];
        found.push({ start: node.start + 1, end: node.end - 1, target: { kind: 'file', paths } });
      });
    }
  }
  for (const comment of file.document.comments) {
    for (const { code, start, end } of silencedCodes(comment)) {
      if (isProblemCode(code)) found.push({ start, end, target: { kind: 'docs', page: pageOf(code) } });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** What can be opened of a folder of weights: what the model is, or was written as. */
const factsOfStart = (start: string): readonly string[] => {
  const folder = folderOfStart(start);
  const run = checkpointOfStart(folder)?.run ?? folder;
  return [`${folder}/config.json`, `${run}/model.supra`];
};
