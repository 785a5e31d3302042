import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../shared/package-root';
import { type Client, ComposeStack, describeOnCompose } from '../support/compose/stack';
import { killAll, requireCompiled } from '../support/processes';

const QUESTION_1 = readFileSync(join(packageRoot, 'test', 'questions', '01-the-order-at-a-glance.graphql'), 'utf8');

describeOnCompose('the stack of docker-compose.yml, each service started exactly as the file says', () => {
  let project: string;
  let stack: ComposeStack;
  let client: Client;
  let inspector: Record<string, string>;

  beforeAll(async () => {
    requireCompiled();
    project = mkdtempSync(join(tmpdir(), 'ordergraph-project-'));
    stack = await ComposeStack.prepare(project);
    await stack.up();
    client = await stack.client(100);
    inspector = await stack.authorization({ sub: 'inspector-1', roles: ['inspector'], case_number: '2026-1' });
  });
  afterAll(async () => {
    await stack?.close();
    await killAll();
    rmSync(project, { recursive: true, force: true });
  });

  test('answers question 1 through the load balancer', async () => {
    const { status, body } = await client.graphql({ query: QUESTION_1 }, inspector);
    expect([status, body?.errors]).toEqual([200, undefined]);
    expect(body?.data?.executiveOrder).toMatchObject({ number: '14409', workforceMetrics: { goal: 0 } });
  });
});
