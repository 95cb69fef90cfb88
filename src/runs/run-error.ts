/** A failure that is not the program's fault, in words for people: what is wrong, why, what to do. */
export class RunError extends Error {
  constructor(
    message: string,
    override readonly cause?: unknown,
  ) {
    super(message);
    this.name = 'RunError';
  }
}

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free some space (old runs and .supra/cache can be deleted) and try again.',
  EDQUOT: 'Your disk quota is used up. Free some space (old runs and .supra/cache can be deleted) and try again.',
  EACCES: 'This user may not do that there. Change the permissions of the folder, or work in another one.',
  EPERM: 'This user may not do that there. Change the permissions of the folder, or work in another one.',
  EROFS: 'The file system is read-only. Work in a folder that can be written.',
  ENOENT: 'It does not exist (any more). Check the path; a removed disk looks like this too.',
  ENOTDIR: 'A file lies where a folder is needed. Move or delete that file.',
  EISDIR: 'A folder lies where a file is needed. Move or delete that folder.',
  EMFILE: 'Too many files are open. Close other programs, or raise the limit (ulimit -n).',
  EIO: 'The disk reports a read or write error. Check the disk.',
};

/** Wraps a failed system call in words for people; anything else comes back as it is. */
export function explainSystemError(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  const path = 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : '';
  return new RunError(`${doing} failed${path}. ${meanings[error.code] ?? `${error.message}.`}`, error);
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
