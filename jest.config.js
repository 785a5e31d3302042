/** @type {import('jest').Config} */
module.exports = {
  // test files run in Jest's sandbox, the compiled product and all packages outside of it
  testEnvironment: '<rootDir>/dist/test/setup/environment.js',
  runtime: '<rootDir>/dist/test/setup/runtime.js',
  // the product's classes are shared with the sandbox: leave them as they are when it ends
  testEnvironmentOptions: { globalsCleanup: 'off' },
  roots: ['<rootDir>/shared', '<rootDir>/subgraphs', '<rootDir>/gateway', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // for client programs, which run in their own processes
  modulePathIgnorePatterns: ['<rootDir>/test/clients/node_modules/'],
  // fault tests that take minutes: `npm run test:faults`
  testPathIgnorePatterns: process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? [] : ['<rootDir>/test/faults/long/'],
  // compiled as .swcrc says, like everything that is run from the sources
  transform: { '\\.ts$': '@swc/jest' },
  testSequencer: '<rootDir>/dist/test/setup/sequencer.js',
  globalSetup: '<rootDir>/dist/test/setup/databases.js',
  globalTeardown: '<rootDir>/dist/test/setup/stop-databases.js',
  // half of the time is spent waiting for other processes
  maxWorkers: require('node:os').availableParallelism() + 2,
  // for machines that are slow or busy; what takes seconds on others must not fail there
  testTimeout: 300_000,
};
