import { relative } from 'node:path';
import TestSequencer from '@jest/test-sequencer';

type Tests = Parameters<TestSequencer['sort']>[0];

/** Small files that take a minute or more. Those that start many processes, or compose the whole graph, do not begin together. */
const SLOW = [
  'test/process/agency-teams.test.ts',
  'test/security/aggregates.test.ts',
  'test/process/processes.test.ts',
  'test/security/hostile-requests.test.ts',
  'test/process/new-subgraph.test.ts',
  'test/process/dashboard.test.ts',
  'test/faults/kill.test.ts',
  'test/compose/stack.test.ts',
  'test/process/explorer.test.ts',
];

/**
 * Starts slow files first. Without times of an earlier run, Jest starts the largest files first, and would leave one worker alone with a
 * small file that takes minutes.
 */
export default class Sequencer extends TestSequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const rankOf = ({ path, context }: Tests[number]): number => {
      const place = SLOW.indexOf(relative(context.config.rootDir, path));
      return place === -1 ? SLOW.length : place;
    };
    return (await super.sort(tests)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
