import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, print, visit } from 'graphql';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { Framework } from '../support/framework';
import { killAll, requireCompiled, run } from '../support/processes';

/** `ordergraph clients` and `ordergraph check-schema --registry` against a running graph. */

const OPERATOR = 'role=operator; subject=olga';
const ANALYST = 'role=analyst; subject=ana';
const NAMES = 'query Names { agencies { key name } }';

let graph: Framework;
let folder: string;
let url: string;
beforeAll(async () => {
  requireCompiled();
  graph = await Framework.open('sqlite');
  url = await graph.server.listen({ port: 0, host: '127.0.0.1' });
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-clients-'));
  for (const [name, caller] of Object.entries({ operator: OPERATOR, analyst: ANALYST })) {
    const { authorization } = await graph.identity.headers(caller);
    write(name, authorization!.replace('Bearer ', ''));
  }
});
afterEach(killAll);
afterAll(async () => {
  await graph?.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function command(flags: readonly string[], caller = 'operator') {
  const address = flags[0] === 'clients' ? '--url' : '--registry';
  const program = run([...flags, address, url, '--token-file', join(folder, caller)]);
  const code = await program.ended;
  return { code, output: program.output() };
}

test('publishes a client, protects its documents, and retires it', async () => {
  const manifest = write('manifest.json', JSON.stringify({ names: NAMES }));
  const publish = () => command(['clients', 'publish', 'directory@2.0', manifest, '--note', 'Names.']);
  const published = { code: 0, output: expect.stringContaining('Published directory@2.0 with 1 document;') };
  expect(await publish()).toEqual(published);
  // the same again changes nothing
  expect(await publish()).toEqual(published);
  expect(await command(['clients', 'list'])).toEqual({
    code: 0,
    output: expect.stringMatching(/^directory@2\.0 {2}1 document {2}published \d{4}-\d\d-\d\d {2}not used yet$/m),
  });

  // one that was published lately may yet be used
  expect(await command(['clients', 'list', '--unused-days', '9999'])).toEqual({ code: 0, output: 'No releases\n' });

  const schema = parse(readText(join(packageRoot, 'subgraphs', 'registry', 'schema.graphql'), 'The schema'));
  const without = visit(schema, {
    FieldDefinition: ({ name }) => (name.value === 'trustedDocument' ? null : undefined),
  });
  const proposed = write('registry.graphql', print(without));
  const check = () => command(['check-schema', `registry=${proposed}`]);
  const unused = await check();
  expect(unused).toEqual({
    code: 0,
    output: expect.stringMatching(/Breaking changes:\n- Query\.trustedDocument: .*\n/),
  });

  const document = write(
    'finder.json',
    JSON.stringify({ find: 'query Find { trustedDocument(id: "tdc_1") { documentId } }' }),
  );
  expect((await command(['clients', 'publish', 'finder@1', document])).code).toBe(0);
  expect(await check()).toEqual({
    code: 1,
    output: expect.stringMatching(/would stop working:\n- finder@1: Find: Cannot query field "trustedDocument"/),
  });

  expect(await command(['clients', 'retire', 'finder@1'])).toEqual({
    code: 0,
    output: expect.stringContaining('Retired finder@1'),
  });
  expect(await command(['clients', 'list', '--all'])).toEqual({
    code: 0,
    output: expect.stringMatching(/^finder@1 .* retired \d{4}-\d\d-\d\d$/m),
  });
  expect((await check()).code).toBe(0);
});

test.each([
  ['a name without a version', ['publish', 'dashboard', 'manifest.json'], '"dashboard" is no version of a client'],
  ['a release that is not in use', ['retire', 'dashboard@0'], 'No release dashboard@0 is in use'],
])('refuses %s', async (_, flags, message) => {
  expect(await command(['clients', ...flags])).toEqual({ code: 1, output: expect.stringContaining(message) });
});

test('refuses documents that the graph would refuse, and callers who may not publish or list', async () => {
  const manifest = write('wrong.json', JSON.stringify({ one: NAMES, two: 'query Wrong { agencies { salary } }' }));
  expect(await command(['clients', 'publish', 'wrong@1', manifest])).toEqual({
    code: 1,
    output: expect.stringContaining('Cannot query field "salary" on type "Agency"'),
  });
  const good = write('good.json', JSON.stringify({ one: NAMES }));
  const refused = await command(['clients', 'publish', 'good@1', good], 'analyst');
  expect(refused.code).toBe(1);
  expect(refused.output).toMatch(/Nothing was changed/);
  expect((await command(['clients', 'list', '--all'])).output).not.toMatch(/wrong@1|good@1/);
});
