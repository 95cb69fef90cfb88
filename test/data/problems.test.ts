import { describe, expect, it } from 'vitest';
import { dataError, describeProblem, problemFromSystemError } from '../../src/data/problems';

const systemError = (code: string, path?: string) =>
  Object.assign(new Error(`${code}: something`), { code, ...(path === undefined ? {} : { path }) });

describe('problemFromSystemError', () => {
  it.each([
    ['ENOSPC', /full/, /\.supra\/cache/],
    ['EACCES', /not allowed/, /permissions/],
    ['EROFS', /read-only/, /can be written/],
    ['ENOENT', /does not exist/, /Check the path/],
    ['ENOTDIR', /file lies/, /Move or delete/],
    ['EMFILE', /Too many files/, /ulimit/],
    ['EXDEV', /EXDEV: something/, /disk/],
  ])('%s says why and what to do', (code, why, todo) => {
    const problem = problemFromSystemError(systemError(code), 'Saving', '/w/x');
    expect(problem).toMatchObject({ code: 'disk', severity: 'error', what: 'Saving failed.', file: '/w/x' });
    expect(problem?.why).toMatch(why);
    expect(problem?.todo).toMatch(todo);
  });

  it('names the path that the system names', () => {
    expect(problemFromSystemError(systemError('EACCES', '/other'), 'Saving', '/w/x')?.file).toBe('/other');
  });

  it('leaves errors of the program alone', () => {
    expect(problemFromSystemError(new TypeError('bug'), 'Saving', '/w')).toBeNull();
    expect(problemFromSystemError(systemError('ERR_INVALID_ARG_TYPE'), 'Saving', '/w')).toBeNull();
    expect(problemFromSystemError('text', 'Saving', '/w')).toBeNull();
  });
});

it('describeProblem gives place, what, why and what to do in one line', () => {
  const text = { what: 'A is wrong.', why: 'B.', todo: 'Do C.' };
  expect(describeProblem(dataError('encoding', text))).toBe('A is wrong. B. Do C.');
  expect(describeProblem(dataError('encoding', { ...text, why: '', file: 'x.txt', line: 3 }))).toBe(
    'x.txt:3: A is wrong. Do C.',
  );
});
