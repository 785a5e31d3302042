import { auditServer } from 'graphql-http';
import { runScenarios } from './scenarios.mjs';

await runScenarios({
  /** Runs the audits of GraphQL over HTTP. @returns by level, how many pass, and why others do not */
  async audit({ graph: { url, headers } }) {
    const fetchFn = (input, init = {}) => fetch(input, { ...init, headers: { ...init.headers, ...headers } });
    const levels = {};
    for (const { name, status, reason } of await auditServer({ url, fetchFn })) {
      const [level] = name.split(' ');
      levels[level] ??= { passed: 0, failed: [] };
      if (status === 'ok') levels[level].passed += 1;
      else levels[level].failed.push(`${name}: ${reason}`);
    }
    return levels;
  },
});
