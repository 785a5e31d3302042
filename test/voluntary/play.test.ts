import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { freshDatabases, processKinds } from '../support/databases';
import { identityEnvironment } from '../support/identity';
import { freePort, killAll, requireCompiled, run, says } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';

beforeAll(requireCompiled);
afterEach(killAll);

test('the scripted exercise on a graph of its own, as `npm run exercise:voluntary` plays it', async () => {
  const play = run(['exercise:voluntary']);
  expect([await play.ended, play.output()]).toEqual([
    0,
    expect.stringMatching(/\d{2} steps, all as the framework requires\./),
  ]);
  expect(play.output()).not.toMatch(/"level":(40|50)/);
});

test('without a graph at the address it says so', async () => {
  const play = run(['exercise:voluntary', '--url', `http://127.0.0.1:${await freePort()}`]);
  expect([await play.ended, play.output()]).toEqual([1, expect.stringContaining('Cannot connect to')]);
});

describeOnRedis.each(processKinds)(
  'the scripted exercise over four subgraph processes, Redis and a gateway, on %s',
  (kind) => {
    test('every step is as the framework has it, and the transcript tells the story', async () => {
      const databases = await freshDatabases(
        kind,
        subgraphs.map(({ name }) => name),
      );
      const redis = await PrivateRedis.start();
      const files = mkdtempSync(join(tmpdir(), 'ordergraph-play-'));
      const ports = new Map<string, number>();
      for (const { name } of subgraphs) ports.set(name, await freePort());
      const { environment } = await identityEnvironment();
      const processes = subgraphs.map(({ name }) =>
        run(['subgraph', name, '--port', String(ports.get(name)), '--database', databases.url(name)], {
          ORDERGRAPH_EVENTS_URL: redis.url,
          ORDERGRAPH_FILES: files,
          ORDERGRAPH_SCHEDULE_MS: '200',
          ...environment,
        }),
      );
      for (const one of processes) await says(one, /answers at/);
      const port = await freePort();
      const urls = [...ports].flatMap(([name, at]) => ['--subgraph-url', `${name}=http://127.0.0.1:${at}/graphql`]);
      const gateway = run(['gateway', '--port', String(port), ...urls], environment);
      await says(gateway, /The graph answers at/);

      const play = run(['exercise:voluntary', '--url', `http://127.0.0.1:${port}`], environment);
      const code = await play.ended;
      const transcript = play.output();
      expect([code, transcript]).toEqual([0, expect.stringMatching(/\d{2} steps, all as the framework requires\./)]);
      for (const told of [
        /Alder shares a model twelve days before its launch/,
        /Three agencies decide independently; a fourth cannot see the submission/,
        /moves the launch to forty-five days from now; this needs no approval/,
        /withdraws during the review, without giving a reason/,
        /launches a week early and records the launch, which needs no approval/,
        /continues its review after the launch, with the material it already has/,
        /"voluntarinessBreaches":0/,
      ])
        expect(transcript).toMatch(told);
      for (const one of [...processes, gateway]) {
        expect(one.output()).not.toMatch(/"level":(50|60)/);
        one.child.kill('SIGTERM');
        expect(await one.ended).toBe(0);
      }
      await redis.stop();
      await databases.drop();
      rmSync(files, { recursive: true, force: true });
    });
  },
);
