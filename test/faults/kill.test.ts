import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '#kit/database/database';
import { EVENT_READERS } from '../../gateway/cli/programs';
import { processKinds } from '../support/databases';
import { killAll, requireCompiled } from '../support/processes';
import { describeOnRedis } from '../support/redis';
import { until } from '../support/until';
import { Deployment } from './kill/deployment';
import { eachEventActedOnOnce, everythingRead } from './kill/events';
import { hiring } from './kill/hiring';
import { protection } from './kill/protection';
import { referral } from './kill/referral';
import { voluntary } from './kill/voluntary';
import { Acknowledgments, type Scenario, Writer } from './kill/writer';

/** More kills find more: set ORDERGRAPH_TEST_KILLS. */
const KILLS = Number(process.env.ORDERGRAPH_TEST_KILLS ?? (process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? 6 : 2));
/** What each writer does. */
const WRITERS: readonly Scenario[] = [voluntary, voluntary, voluntary, voluntary, hiring, protection, referral];
/** Maximum milliseconds between a client's acknowledgment and the next kill. */
const LIFE_MS = 500;

beforeAll(requireCompiled);
afterEach(killAll);

/** Lets clients write while processes are killed, and compares afterwards. */
async function killWhileWriting(deployment: Deployment, kills: number): Promise<void> {
  const databases = new Map<string, Database>();
  for (const name of EVENT_READERS) databases.set(name, await deployment.connect(name));
  const scenarios = new Set(WRITERS);
  for (const { prepare } of scenarios) await prepare?.(databases);
  let stopped = false;
  const writers = WRITERS.map((_scenario, place) => new Writer(deployment, `w${place}`));
  const writing = Promise.all(WRITERS.map((scenario, place) => scenario.write(writers[place]!, () => stopped, place)));
  const acknowledged = () => writers.reduce((sum, { done }) => sum + done.length, 0);
  // a kill before any acknowledgment loses nothing
  const more = (count: number) => {
    const before = acknowledged();
    return Promise.race([
      until(
        () => acknowledged() >= before + count,
        () => `${count} more calls are acknowledged`,
      ),
      writing,
    ]);
  };
  for (let killed = 0; killed < kills; killed += 1) {
    await more(WRITERS.length);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LIFE_MS));
    await deployment.killAny();
  }
  await more(WRITERS.length * 3);
  stopped = true;
  await writing;
  await everythingRead(databases);
  await eachEventActedOnOnce(databases);
  const done = new Acknowledgments(writers.flatMap((writer) => writer.done));
  expect(done.all.length).toBeGreaterThan(WRITERS.length * 5);
  for (const { compare } of scenarios) await compare(done, databases);
  for (const database of databases.values()) await database.close();
  await deployment.stop();
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describeOnRedis.each(processKinds)('kill -9 of any process at any moment, on %s', (kind) => {
  test(
    `loses no event and doubles no effect after ${KILLS} kills under ${WRITERS.length} writers of all programs`,
    async () => killWhileWriting(await Deployment.start(kind, folder), KILLS),
    400_000,
  );
});

test(
  'loses no event when everything runs in one process that is killed repeatedly',
  async () => killWhileWriting(await Deployment.startAllInOne(folder), Math.ceil(KILLS / 2)),
  400_000,
);
