import { expect, test } from 'vitest';
import { newestOnly } from '../../src/extension/newest-only';

/** Work that ends when it is told to. */
function open<T>(): { readonly promise: Promise<T>; end(value: T): void; fail(error: Error): void } {
  let [end, fail]: [(value: T) => void, (error: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((resolve, reject) => {
    [end, fail] = [resolve, reject];
  });
  return { promise, end: value => end(value), fail: error => fail(error) };
}

test('a slow earlier drawing does not overwrite a newer one', async () => {
  const shown: string[] = [];
  const draw = newestOnly<string>(made => shown.push(made));
  const [slow, fast] = [open<string>(), open<string>()];
  const both = [draw(() => slow.promise), draw(() => fast.promise)];
  fast.end('newer');
  await both[1];
  slow.end('earlier');
  await Promise.all(both);
  expect(shown).toEqual(['newer']);
});

test('in order, each is shown', async () => {
  const shown: number[] = [];
  const draw = newestOnly<number>(made => shown.push(made));
  await draw(async () => 1);
  await draw(async () => 2);
  expect(shown).toEqual([1, 2]);
});

test('an error counts only where nothing newer was asked for', async () => {
  const shown: string[] = [];
  const draw = newestOnly<string>(made => shown.push(made));
  const slow = open<string>();
  const earlier = draw(() => slow.promise);
  await draw(async () => 'newer');
  slow.fail(new Error('gone'));
  await earlier;
  await expect(draw(() => Promise.reject(new Error('now')))).rejects.toThrow('now');
  expect(shown).toEqual(['newer']);
});
