import MochaModule from 'mocha';

/** Runs the suites that `define` declares; rejects when a test fails. */
export function runMocha(define: () => void): Promise<void> {
  const mocha = new MochaModule({ ui: 'tdd', color: false, timeout: 60_000, reporter: 'spec' });
  // The functions `suite` and `test` become global here, as they do for a file that Mocha loads itself.
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  define();
  return new Promise((resolve, reject) => {
    mocha.run(failures => (failures === 0 ? resolve() : reject(new Error(`${failures} tests failed.`))));
  });
}
