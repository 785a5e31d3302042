/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/shared', '<rootDir>/subgraphs', '<rootDir>/gateway', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // compiled as .swcrc says, like everything that is run from the sources
  transform: { '\\.[jt]s$': '@swc/jest' },
  // published as ES modules only, which Jest on Node 20 cannot require
  transformIgnorePatterns: ['/node_modules/(?!(jose|temporal-polyfill|temporal-utils)/)'],
  globalSetup: '<rootDir>/test/setup/databases.ts',
  globalTeardown: '<rootDir>/test/setup/stop-databases.ts',
  testTimeout: 60_000,
};
