/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/shared', '<rootDir>/subgraphs', '<rootDir>/gateway', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // package.json's `imports` name the compiled files
  moduleNameMapper: { '^#(base|kit|domain)/(.*)$': '<rootDir>/shared/$1/$2' },
  // for client programs, which run in their own processes
  modulePathIgnorePatterns: ['<rootDir>/test/clients/node_modules/'],
  // fault tests that take minutes: `npm run test:faults`
  testPathIgnorePatterns: process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? [] : ['<rootDir>/test/faults/long/'],
  // compiled as .swcrc says, like everything that is run from the sources
  transform: { '\\.[jt]s$': '@swc/jest' },
  // published as ES modules only, which Jest requires from Node 24.9 on alone, behind a flag
  transformIgnorePatterns: ['/node_modules/(?!(jose|temporal-polyfill|temporal-utils)/)'],
  setupFiles: ['<rootDir>/test/setup/graphql.ts'],
  // what code looks up most; every other global costs it a call out of the sandbox it runs in
  sandboxInjectedGlobals: 'Array Map Math Number Object Promise Reflect Set String Symbol WeakMap'.split(' '),
  globalSetup: '<rootDir>/test/setup/databases.ts',
  globalTeardown: '<rootDir>/test/setup/stop-databases.ts',
  // half of the time is spent waiting for other processes
  maxWorkers: require('node:os').availableParallelism() + 2,
  // for machines that are slow or busy; what takes seconds on others must not fail there
  testTimeout: 300_000,
};
