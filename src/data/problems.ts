/** What kind of thing went wrong, for code that reacts to one kind. People read `what`, `why` and `todo`. */
export type DataProblemCode =
  | 'source-outside-workspace'
  | 'source-not-found'
  | 'source-not-readable'
  | 'source-format'
  | 'source-empty'
  | 'json-line'
  | 'encoding'
  | 'corpus-missing'
  | 'tokenizer-option'
  | 'tokenizer-file'
  | 'vocabulary-short'
  | 'holdout'
  | 'too-small'
  | 'state-mismatch'
  | 'disk';

/** Something about the user's data or machine. An error means there is no value; a warning comes with one. */
export interface DataProblem {
  readonly code: DataProblemCode;
  readonly severity: 'error' | 'warning';
  /** What is wrong. */
  readonly what: string;
  /** Why it matters or how it came about. */
  readonly why: string;
  /** What to do about it. */
  readonly todo: string;
  /** File as the user wrote it, where one is to blame. */
  readonly file?: string;
  /** 1-based line in `file`. */
  readonly line?: number;
}

/** A result for the caller and what there is to say about it. `value` is null when `problems` has an error. */
export interface DataResult<Value> {
  readonly value: Value | null;
  readonly problems: readonly DataProblem[];
}

/** One line of text: place, what, why, what to do. */
export function describeProblem(problem: DataProblem): string {
  const place = problem.file === undefined ? '' : `${problem.file}${problem.line ? `:${problem.line}` : ''}: `;
  return [`${place}${problem.what}`, problem.why, problem.todo].filter(part => part !== '').join(' ');
}

type ProblemText = Omit<DataProblem, 'code' | 'severity'>;

export function dataError(code: DataProblemCode, text: ProblemText): DataProblem {
  return { code, severity: 'error', ...text };
}

export function dataWarning(code: DataProblemCode, text: ProblemText): DataProblem {
  return { code, severity: 'warning', ...text };
}

/** Carries a problem out of a deep stream to `prepareData`, the border where it becomes a value again. */
export class DataError extends Error {
  constructor(readonly problem: DataProblem) {
    super(describeProblem(problem));
    this.name = 'DataError';
  }
}

/** What a failed system call means, in the user's words; null when `error` is not a system error. */
export function problemFromSystemError(error: unknown, doing: string, path: string): DataProblem | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  const file = 'path' in error && typeof error.path === 'string' ? error.path : path;
  const say = (why: string, todo: string) => dataError('disk', { what: `${doing} failed.`, why, todo, file });
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return say('The disk (or your quota on it) is full.', 'Free some space, or delete old folders in .supra/cache.');
    case 'EACCES':
    case 'EPERM':
      return say('This user is not allowed to.', 'Change the permissions, or use another folder.');
    case 'EROFS':
      return say('The file system is read-only.', 'Use a folder on a disk that can be written.');
    case 'ENOENT':
      return say('It does not exist (any more).', 'Check the path; a removed disk or share looks like this too.');
    case 'ENOTDIR':
    case 'EEXIST':
      return say('A file lies where a folder is needed.', 'Move or delete that file.');
    case 'EISDIR':
      return say('It is a folder, not a file.', 'Name a file, or a pattern such as "data/**/*.txt".');
    case 'EMFILE':
    case 'ENFILE':
      return say('Too many files are open.', 'Close other programs, or raise the limit (ulimit -n).');
    case 'EIO':
      return say('The disk reports a read or write error.', 'Check the disk; copy the data somewhere else.');
    default:
      return /^E[A-Z0-9]+$/.test(error.code) ? say(error.message, 'Check the path and the disk.') : null;
  }
}
