import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { readComposeFile } from '../support/compose/file';
import { freePort, killAll, runGroup } from '../support/processes';
import { programFor } from '../support/programs';
import { until } from '../support/until';

const nginx = programFor(['nginx'], 'nginx', 'of the load balancer', 'Install nginx', ['-v']);

/** The nginx of docker-compose.yml, on a free port and in front of two servers. */
function configurationOf(folder: string, port: number, gateways: readonly number[]): string {
  const text = readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8');
  const passwords = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => [name!, 'x']);
  const { nginx } = readComposeFile(text, { ...Object.fromEntries(passwords), EDGE_SUBNET: '10.219.64' }).configs;
  let configuration = nginx!.content
    .replaceAll('/tmp/', `${folder}/`)
    .replace('listen 4000', `listen 127.0.0.1:${port}`);
  for (const [index, gateway] of gateways.entries())
    configuration = configuration.replaceAll(`10.219.64.${11 + index}:4000`, `127.0.0.1:${gateway}`);
  return configuration;
}

(nginx ? describe : describe.skip)('the load balancer of docker-compose.yml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-nginx-'));
  const gateways: Server[] = [];
  let url: string;

  beforeAll(async () => {
    for (let count = 0; count < 2; count += 1) {
      const gateway = createServer((request, response) => {
        if (request.url === '/breaks') request.socket.destroy();
        else response.writeHead(request.url === '/busy' ? 503 : 200).end();
      });
      await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
      gateways.push(gateway);
    }
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      configurationOf(
        folder,
        port,
        gateways.map((each) => (each.address() as AddressInfo).port),
      ),
    );
    runGroup(nginx!, ['-c', file, '-e', 'stderr', '-g', 'daemon off;']);
    await until(
      async () => (await fetch(url).catch(() => undefined))?.status === 200,
      () => 'nginx answers',
    );
  });
  afterAll(async () => {
    await killAll();
    for (const gateway of gateways) gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const statusOf = async (path: string) => (await fetch(`${url}${path}`, { method: 'POST' })).status;

  test.each([
    ['/breaks', 502],
    ['/busy', 503],
  ])('answers others while one client makes every gateway fail by %s', async (path, status) => {
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 10; count += 1) expect([502, status]).toContain(await statusOf(path));
      for (let count = 0; count < 10; count += 1) expect(await statusOf('/graphql')).toBe(200);
    }
  });

  test('answers all clients while one gateway is down', async () => {
    await new Promise<void>((resolve) => {
      gateways[0]!.close(() => resolve());
      gateways[0]!.closeAllConnections();
    });
    for (let round = 0; round < 20; round += 1) expect(await statusOf('/graphql')).toBe(200);
  });
});
