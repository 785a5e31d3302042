import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getNamedType, isLeafType, isNonNullType, isObjectType } from 'graphql';
import { packageRoot } from '#base/package-root';
import { modelOf } from '#kit/model/model';
import { sensitivityOf } from '#kit/policy/field-class';
import { repairWords } from '#kit/search/word-index';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { createLog } from '../../gateway/telemetry/log';
import { processKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/** The text in every protected column of the databases. */
const CANARY = 'canary-7c1f';
/** Values of clients that no log may contain. */
const SENT = 'sent-5d0b';

const QUESTION_FILES = [
  '01-the-order-at-a-glance',
  '02-launching-soon',
  '04-treasury',
  '05-sectors-at-risk',
  '12-hiring-gaps',
];

/** Every list of the graph with all leaf fields of its objects. */
const LISTS = subgraphs.flatMap(({ schema }) =>
  Object.values(schema.getQueryType()!.getFields()).flatMap((root) => {
    const connection = getNamedType(root.type);
    if (!isObjectType(connection) || !connection.name.endsWith('Connection') || root.name.endsWith('AccessLog'))
      return [];
    const node = getNamedType(connection.getFields().nodes!.type);
    if (!isObjectType(node)) return [];
    const leaves = Object.values(node.getFields()).filter(
      ({ type, args }) => isLeafType(getNamedType(type)) && !args.some((arg) => isNonNullType(arg.type)),
    );
    return [`{ ${root.name}(first: 100) { nodes { ${leaves.map(({ name }) => name).join(' ')} } } }`];
  }),
);

/** Without planted texts: published cases are readable by the government. */
const ALL_BUT: Readonly<Record<string, string>> = { ClearinghouseCase: " WHERE status NOT IN ('PUBLISHED', 'CLOSED')" };

const CALLERS = [
  null,
  'role=operator; subject=x',
  'role=developer-submitter; organization=stranger; subject=x',
  'role=analyst; subject=x',
];

describe.each(processKinds)('protected values, on %s', (kind) => {
  let world: World;
  let logged = '';
  beforeAll(async () => {
    const log = createLog('trace', 'test', {
      write(line: string) {
        logged += line;
      },
    });
    world = await openWorld(kind, 1, [], log);
    let planted = 0;
    for (const { database, subgraph } of world.open)
      for (const entity of subgraph.parts.entities) {
        const { name, published } = modelOf(entity);
        const type = published ? subgraph.schema.getType(name) : undefined;
        if (!isObjectType(type)) continue;
        for (const field of Object.values(type.getFields())) {
          const sensitivity = sensitivityOf(field);
          const isText = getNamedType(field.type).name === 'String' && !String(field.type).includes('[');
          if (!isText || !['PROPIN', 'PII', 'ISVI', 'GOV_DELIB'].includes(sensitivity ?? '')) continue;
          try {
            // the words follow below
            await database.source.query(
              `UPDATE ${database.table(entity)} SET ${database.column(entity, field.name)} = '${CANARY}'${ALL_BUT[name] ?? ''}`,
            );
          } catch {
            // computed instead of stored, or different in each row
            continue;
          }
          planted += 1;
        }
        await repairWords(database, [entity]);
      }
    expect(planted).toBeGreaterThan(20);
  });
  afterAll(() => world.close());

  const send = async (caller: string | null, payload: object, headers: Record<string, string> = {}) =>
    world.server.inject({
      method: 'POST',
      url: '/graphql',
      headers: { ...(await world.identity.headers(caller)), ...headers },
      payload,
    });

  test('leaks protected values into no response, header, figure, or log', async () => {
    const questions = QUESTION_FILES.map((name) =>
      readFileSync(join(packageRoot, 'test', 'questions', `${name}.graphql`), 'utf8'),
    );
    for (const caller of CALLERS)
      for (const query of [...LISTS, ...questions]) {
        const { body, headers } = await send(caller, { query });
        const leaks = [body, JSON.stringify(headers)].flatMap(
          (text) => text.match(new RegExp(`"\\w+":"${CANARY}`, 'g')) ?? [],
        );
        expect([caller, query.slice(0, 60), [...new Set(leaks)]]).toEqual([caller, query.slice(0, 60), []]);
      }
    // shows that it can be read
    const whole = await Promise.all(LISTS.map(async (query) => (await send(INSPECTOR, { query })).body));
    expect(whole.filter((body) => body.includes(CANARY)).length).toBeGreaterThan(5);
    const metrics = await world.server.inject({
      url: '/metrics',
      headers: await world.identity.headers('role=operator; subject=x'),
    });
    expect([metrics.statusCode, metrics.body.includes(CANARY)]).toEqual([200, false]);
    expect(logged.includes(CANARY)).toBe(false);
  });

  test('logs no tokens, cookies, variables, documents, or addresses of clients', async () => {
    const token = await world.identity.token(INSPECTOR);
    const headers = { cookie: `session=${SENT}`, 'x-api-key': SENT };
    await send(INSPECTOR, { query: `{ sectors(filter: { name: { contains: "${SENT}" } }) { totalCount } }` }, headers);
    await send(null, { query: `{ ${SENT.replace('-', '_')} }` }, headers);
    await send(
      null,
      { query: 'query ($x: Int!) { busyReviewers(moreThan: $x) { id } }', variables: { x: SENT } },
      headers,
    );
    await send(null, { query: '{ __typename }' }, { authorization: `Bearer ${SENT}.${SENT}.${SENT}` });
    await send(null, { query: '{ __typename }' }, { authorization: `Basic ${SENT}` });
    await world.server.inject({ url: `/graphql?query={sector(key:"${SENT}"){name}}`, headers });
    await world.server.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json' },
      payload: `{"${SENT}":`,
    });
    await world.server.inject({ url: `/${SENT}` });
    for (const secret of [SENT, SENT.replace('-', '_'), token, token.split('.')[2]!])
      expect([secret, logged.includes(secret)]).toEqual([secret, false]);
  });

  test('reports a database failure by a reference, without values, in log and response', async () => {
    const { database } = world.subgraph('infrastructure');
    const fails = jest.spyOn(database, 'query').mockImplementation(async (sql) => {
      const driverError = Object.assign(new Error(`Duplicate entry '${SENT}' for key 'name'`), {
        sqlMessage: `near '${SENT}'`,
        parameters: [SENT],
      });
      const { QueryFailedError } = await import('typeorm');
      throw new QueryFailedError(String(sql), [SENT], driverError);
    });
    const { body, json } = await send(INSPECTOR, { query: '{ sectors(first: 3) { nodes { name } } }' });
    fails.mockRestore();
    const [error] = json().errors;
    expect(error).toMatchObject({ message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } });
    const { reference } = error.extensions;
    const lines = logged.split('\n').filter((line) => line.includes(reference));
    // the subgraph and the gateway have logged it under one reference
    expect(lines.length).toBe(2);
    expect(lines[0]).toContain('QueryFailedError');
    expect([logged.includes(SENT), body.includes(SENT), /SELECT|Duplicate/.test(body)]).toEqual([false, false, false]);
  });
});
