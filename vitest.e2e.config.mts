import { defineConfig } from 'vitest/config';

/** Journeys in a real VS Code: `npx vitest run --config vitest.e2e.config.ts [name]`. */
export default defineConfig({
  test: {
    include: ['test/e2e/*.journey.ts'],
    pool: 'forks',
    // Each starts a server and a browser: one after the other, or they wait for each other.
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
