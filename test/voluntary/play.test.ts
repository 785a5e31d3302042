import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { freshDatabases, processKinds } from '../support/databases';
import { identityEnvironment } from '../support/identity';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';

beforeAll(requireCompiled);
afterEach(killAll);

test('plays the scripted exercise of `npm run exercise:voluntary` on a new graph', async () => {
  const play = run(['exercise:voluntary']);
  expect([await play.ended, play.output()]).toEqual([
    0,
    expect.stringMatching(/\d{2} steps, all as the framework requires\./),
  ]);
  expect(play.output()).not.toMatch(/"level":(40|50)/);
});

test('reports that no graph answers at the address', async () => {
  const play = run(['exercise:voluntary', '--url', `http://127.0.0.1:${await freePort()}`]);
  expect([await play.ended, play.output()]).toEqual([1, expect.stringContaining('Cannot connect to')]);
});

describeOnRedis.each(processKinds)(
  'the scripted exercise over four subgraph processes, Redis and a gateway, on %s',
  (kind) => {
    test('follows the framework at every step and prints a complete transcript', async () => {
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
      for (const running of processes) await waitForOutput(running, /answers at/);
      const port = await freePort();
      const urls = [...ports].flatMap(([name, at]) => ['--subgraph-url', `${name}=http://127.0.0.1:${at}/graphql`]);
      const gateway = run(['gateway', '--port', String(port), ...urls], environment);
      await waitForOutput(gateway, /The graph answers at/);

      const play = run(['exercise:voluntary', '--url', `http://127.0.0.1:${port}`], environment);
      const code = await play.ended;
      const transcript = play.output();
      expect([code, transcript]).toEqual([0, expect.stringMatching(/\d{2} steps, all as the framework requires\./)]);
      for (const phrase of [
        /Alder asks during development whether its model is a covered model/,
        /agrees, with access in six days: the window now closes then/,
        /Alder shares a model twelve days before its launch/,
        /Three agencies decide independently; a fourth cannot see the submission/,
        /moves the launch to forty-five days from now; this needs no approval/,
        /withdraws during the review, without giving a reason/,
        /launches a week early and records the launch, which needs no approval/,
        /continues its review after the launch, with the material it already has/,
        /"voluntarinessBreaches":0/,
      ])
        expect(transcript).toMatch(phrase);
      for (const running of [...processes, gateway]) {
        expect(running.output()).not.toMatch(/"level":(50|60)/);
        running.child.kill('SIGTERM');
        expect(await running.ended).toBe(0);
      }
      await redis.stop();
      await databases.drop();
      rmSync(files, { recursive: true, force: true });
    });
  },
);
