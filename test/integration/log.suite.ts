import * as assert from 'node:assert/strict';
import { seen } from './window-watch';

/** Comes last: what the suites before it left behind. */
suite('log', () => {
  test('nothing was thrown, nothing refused by a panel', () => {
    assert.deepEqual(seen.rejections, []);
    const expected =
      /(broken|nowhere)\.supra, line \d+|no train block|all its steps|not being trained|not in this folder any more|is not overwritten/;
    // The refusals that the suites asked for are there: the watch works.
    assert.ok(seen.logged.length >= 4, seen.logged.join('\n'));
    assert.deepEqual(
      seen.logged.filter(line => !expected.test(line)),
      [],
    );
  });
});
