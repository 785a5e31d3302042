import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { IDENTITY_HEADER, IdentitySigner } from '#base/identity/signed-identity';
import { type EventKeys, eventKeysOf } from '#kit/events/event-keys';
import { type MessageKind, SignedMessages } from '#kit/events/signed-messages';
import { PROGRAMS } from '../../gateway/cli/programs';
import { LoadedPlanError, readLoadedPlan } from '../../gateway/planning/cache/loaded-plan';
import { INSPECTOR } from '../support/identity';
import type { Outcome, Target } from './target';

const ANALYST = 'role=analyst; subject=ann';
const ALDER = 'role=developer-submitter; organization=exercise-alder; subject=alice';
const BIRCH = 'role=developer-submitter; organization=exercise-birch; subject=bob';
const TREASURY_HR = 'role=hr-specialist; agency=treasury; subject=harry';

/** An attack, and how a sound graph responds. */
export interface Attack {
  readonly group: string;
  readonly name: string;
  readonly run: (target: Target) => Promise<unknown>;
  readonly safe: unknown;
}

const attacks: Attack[] = [];
const group = (name: string) => (title: string, run: Attack['run'], safe: unknown) =>
  attacks.push({ group: name, name: title, run, safe });

/** The parts of a response that distinguish attacks: status, code of the first error, data. */
const summary = ({ status, json }: Outcome) => ({
  status,
  code: json?.errors?.[0]?.extensions?.code,
  data: json?.data ?? null,
});
/** Nothing but the coordinates whose fields the caller may not read. */
const withheld = ({ status, json }: Outcome) => ({
  status,
  data: json.data,
  errors: json.errors,
  withheld: json.extensions.withheld.map(
    ({ kind, coordinate }: { kind: string; coordinate: string }) => `${kind} ${coordinate}`,
  ),
});
const refused = (status: number, code: unknown) => ({ status, code, data: null });
const repeat = (text: string, times: number) =>
  Array.from({ length: times }, (_, i) => text.replaceAll('#', String(i)));

const http = group('HTTP');
http('malformed JSON', async (t) => summary(await t.body('{"query":')), refused(400, 'BAD_REQUEST'));
http('a body that is not a JSON object', async (t) => (await t.body('"query"')).status, 400);
http('an empty body', async (t) => (await t.body('')).status, 400);
http(
  'a batch of requests',
  async (t) => (await t.body('[{"query":"{__typename}"},{"query":"{__typename}"}]')).status,
  400,
);
http(
  'another media type',
  async (t) => (await t.send({ headers: { 'content-type': 'application/xml' }, body: '<query/>' })).status,
  415,
);
http(
  'a body beyond the limit',
  async (t) => summary(await t.body(`{"query":"${'x'.repeat(1_100_000)}"}`)),
  refused(413, 'CONTENT_TOO_LONG'),
);
http(
  'a Brotli body',
  async (t) => summary(await t.body('{}', { 'content-encoding': 'br' })),
  refused(415, 'UNSUPPORTED_ENCODING'),
);
http(
  'a gzip bomb',
  async (t) =>
    summary(
      await t.send({
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(50_000_000, 32)),
      }),
    ),
  refused(415, 'UNSUPPORTED_ENCODING'),
);
http(
  'a mutation by GET',
  async (t) => (await t.send({ method: 'GET', path: '/graphql?query=mutation%7B__typename%7D' })).status,
  405,
);
for (const method of ['PUT', 'DELETE', 'PATCH'] as const)
  http(`the method ${method}`, async (t) => summary(await t.send({ method })), refused(404, 'NOT_FOUND'));
http(
  'a path that leaves the served folder',
  async (t) => summary(await t.send({ method: 'GET', path: '/..%2f..%2fetc/passwd' })),
  refused(404, 'NOT_FOUND'),
);
http(
  'two lengths in one request',
  async (t) =>
    /^HTTP\/1\.1 (400|431)/.test(
      await t.raw('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 50\r\n\r\n{}'),
    ),
  true,
);
http(
  'a length and chunks in one request',
  async (t) =>
    /^HTTP\/1\.1 400/.test(
      await t.raw(
        'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
    ),
  true,
);
http(
  'endless headers',
  async (t) =>
    /^HTTP\/1\.1 431/.test(await t.raw(`GET /graphql HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)),
  true,
);
http(
  'a header that contains a line break',
  async (t) => /^HTTP\/1\.1 400/.test(await t.raw('GET /health/live HTTP/1.1\r\nhost: x\r\nx: a\u0000b\r\n\r\n')),
  true,
);
http(
  'responses reveal nothing about the server',
  async (t) => Object.keys((await t.ask('{ __typename }')).headers).filter((name) => /server|powered/.test(name)),
  [],
);
http(
  'responses forbid content sniffing and framing',
  async (t) => {
    const { headers } = await t.ask('{ __typename }');
    return [headers['x-content-type-options'], headers['content-security-policy']];
  },
  ['nosniff', "default-src 'none'; frame-ancestors 'none'"],
);

const csrf = group('CSRF and CORS');
csrf(
  'a form of another site',
  async (t) =>
    (
      await t.send({
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' },
        body: 'query=mutation{__typename}',
      })
    ).status,
  415,
);
csrf(
  'a request that needs no preflight',
  async (t) =>
    (
      await t.send({
        headers: { 'content-type': 'text/plain', origin: 'https://evil.example' },
        body: '{"query":"mutation{__typename}"}',
      })
    ).status,
  415,
);
csrf(
  'a cookie identifies the caller',
  async (t) =>
    withheld(await t.ask('{ aiToolAdoption { __typename } }', null, { headers: { cookie: 'authorization=Bearer x' } })),
  { status: 200, data: { aiToolAdoption: null }, errors: undefined, withheld: ['FIELD Query.aiToolAdoption'] },
);
csrf(
  'another origin requests read access',
  async (t) =>
    (
      await t.send({
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      })
    ).headers['access-control-allow-origin'],
  undefined,
);

const parsing = group('Parsing');
parsing(
  'a document of many tokens',
  async (t) => summary(await t.ask(`{ ${'a '.repeat(9_000)} }`)),
  refused(400, 'OPERATION_TOO_LARGE'),
);
parsing('endless braces', async (t) => (await t.ask('{'.repeat(5_000))).status, 400);
parsing('endless lists', async (t) => (await t.ask(`{ a(x: ${'['.repeat(5_000)}) }`)).status, 400);
parsing('an endless string', async (t) => (await t.ask('{ a(x: "')).status, 400);
parsing(
  'bytes that are not text',
  async (t) =>
    (await t.send({ headers: { 'content-type': 'application/json' }, body: Buffer.from([0xff, 0xfe, 0x7b]) })).status,
  400,
);
parsing('a null character', async (t) => (await t.ask('{ a\u0000 }')).status, 400);

const validation = group('Validation');
validation(
  'field names are guessed',
  async (t) => {
    const { status, text } = await t.ask('{ submision { id } }');
    return [status, /submission|Did you mean/.test(text)];
  },
  [400, false],
);
validation(
  'argument names are guessed',
  async (t) => /Did you mean|first|filter/.test((await t.ask('{ sectors(firs: 1) { totalCount } }')).text),
  false,
);
validation(
  'input field names are guessed by variables',
  async (t) => {
    const query = 'query ($f: SectorFilter) { sectors(filter: $f) { totalCount } }';
    const ask = async () => (await t.ask(query, null, { variables: { f: { nam: { eq: 'x' } } } })).text;
    return [await ask(), await ask()].some((text) => /Did you mean|SectorFilter|"nam"/.test(text));
  },
  false,
);
validation(
  'the schema is requested',
  async (t) => summary(await t.ask('{ __schema { types { name } } }')),
  refused(403, 'INTROSPECTION_DISABLED'),
);
validation(
  'one type is requested',
  async (t) => summary(await t.ask('{ a: __type(name: "Submission") { name } }')),
  refused(403, 'INTROSPECTION_DISABLED'),
);
validation(
  'the schema is requested in a fragment, beside a public field',
  async (t) =>
    summary(
      await t.ask('{ sectors(first: 1) { totalCount } ...F } fragment F on Query { __schema { queryType { name } } }'),
    ),
  refused(403, 'INTROSPECTION_DISABLED'),
);
validation(
  'the schema is requested twice, so that the operation is known',
  async (t) => {
    await t.ask('{ __schema { queryType { name } } }', ANALYST);
    await t.ask('{ __schema { queryType { name } } }', ANALYST);
    return summary(await t.ask('{ __schema { queryType { name } } }'));
  },
  refused(403, 'INTROSPECTION_DISABLED'),
);
validation(
  'subgraph schemas are requested through the gateway',
  async (t) => (await t.ask('{ _service { sdl } }', INSPECTOR)).status,
  400,
);
validation(
  'a variable has an unknown type',
  async (t) => (await t.ask('query ($x: Nothing) { sectors(first: 1) { totalCount } }')).status,
  400,
);
validation(
  'an unknown operation name',
  async (t) => summary(await t.body('{"query":"{__typename}","operationName":"constructor"}')),
  refused(400, 'OPERATION_RESOLUTION_FAILURE'),
);
validation('a subscription without a subscription type', async (t) => (await t.ask('subscription { a }')).status, 400);

const exhaustion = group('Exhaustion');
exhaustion(
  'depth',
  async (t) => summary(await t.ask(`${'{ a '.repeat(30)}${'}'.repeat(30)}`)),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'a list of many literal values',
  async (t) => summary(await t.ask(`{ sectors(filter: { key: { in: [${'"a" '.repeat(1_001)}] } }) { totalCount } }`)),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'a list of many values in variables of a known operation',
  async (t) => {
    const query = 'query ($in: [ID!]) { sectors(filter: { key: { in: $in } }) { totalCount } }';
    const ask = (length: number) => t.ask(query, null, { variables: { in: Array.from({ length }, () => 'a') } });
    await ask(1);
    await ask(1);
    return summary(await ask(1_001));
  },
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'an export of fragments that double each other and add no field',
  async (t) => {
    const fragments = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
    const query = `{ ...F0 submissions { nodes { id } } } ${fragments.join(' ')} fragment F60 on Query { ...Missing }`;
    const headers = { 'content-type': 'application/json' };
    return summary(await t.send({ path: '/export', headers, body: JSON.stringify({ query }) }));
  },
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'a document of fragments that double each other and add no field',
  async (t) => {
    const fragments = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
    return summary(await t.ask(`{ ...F0 } ${fragments.join(' ')} fragment F60 on Query { ...Missing }`));
  },
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'aliases',
  async (t) => summary(await t.ask(`{ ${repeat('a#: __typename', 2_000).join(' ')} }`)),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'root fields',
  async (t) => summary(await t.ask(`{ ${repeat('f#', 60).join(' ')} }`)),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'directives',
  async (t) => summary(await t.ask(`{ __typename ${'@skip(if: false) '.repeat(200)} }`)),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'fragments that double',
  async (t) =>
    summary(
      await t.ask(
        `{ ...F0 } ${repeat('#', 40)
          .map((i) => `fragment F${i} on Query { ...F${Number(i) + 1} ...F${Number(i) + 1} }`)
          .join(' ')} fragment F40 on Query { __typename }`,
      ),
    ),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'fields that each overlap with all others',
  async (t) => summary(await t.ask(`{ ${repeat('sectors(first: 1) { nodes { name } }', 900).join(' ')} }`)),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'fragments in a circle',
  async (t) => (await t.ask('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).status,
  400,
);
exhaustion('a page too long', async (t) => summary(await t.ask('{ sectors(first: 100000) { totalCount } }')), {
  status: 200,
  code: 'INVALID_PAGE',
  data: { sectors: null },
});
exhaustion('a negative page size', async (t) => summary(await t.ask('{ sectors(first: -1) { totalCount } }')), {
  status: 200,
  code: 'INVALID_PAGE',
  data: { sectors: null },
});
exhaustion(
  'a filter too deep',
  async (t) => {
    let filter: object = { name: { eq: 'x' } };
    for (let i = 0; i < 40; i++) filter = { not: filter };
    return summary(
      await t.ask('query ($f: SectorFilter) { sectors(filter: $f) { totalCount } }', ANALYST, {
        variables: { f: filter },
      }),
    );
  },
  { status: 200, code: 'INVALID_FILTER', data: { sectors: null } },
);
exhaustion(
  'a filter of too many values',
  async (t) =>
    summary(
      await t.ask('query ($k: [ID!]) { sectors(filter: { key: { in: $k } }) { totalCount } }', ANALYST, {
        variables: { k: repeat('k#', 5_000) },
      }),
    ),
  refused(400, 'OPERATION_TOO_LARGE'),
);
exhaustion(
  'a filter of too many values, sent directly to a subgraph',
  async (t) => {
    const { errors } = await t.world.subgraph('infrastructure').execute({
      query: 'query ($k: [ID!]) { sectors(filter: { key: { in: $k } }) { totalCount } }',
      variables: { k: repeat('k#', 1_001) },
      headers: await t.world.identity.signed('infrastructure', ANALYST),
    });
    return errors?.[0]?.extensions;
  },
  { code: 'INVALID_FILTER', inputPath: ['filter', 'key', 'in'] },
);
exhaustion(
  'filters of several lists with too many conditions together, sent directly to a subgraph',
  async (t) => {
    const lists = Array.from({ length: 30 }, (_, i) => `a${i}: sectors(filter: $f) { totalCount }`).join(' ');
    const { errors } = await t.world.subgraph('infrastructure').execute({
      query: `query ($f: SectorFilter) { ${lists} }`,
      variables: { f: { or: Array.from({ length: 200 }, () => ({ name: { contains: 'x' } })) } },
      headers: await t.world.identity.signed('infrastructure', ANALYST),
    });
    return [...new Set(errors?.map(({ extensions }) => extensions?.code))];
  },
  ['INVALID_FILTER'],
);
exhaustion(
  'a request that never ends, beside others',
  async (t) => {
    const slow = t.raw(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
      800,
    );
    const { status } = await t.ask('{ __typename }');
    await slow;
    return status;
  },
  200,
);

const tokens = group('Tokens');
for (const [label, authorization] of [
  ['of another scheme', 'Basic YWRtaW46YWRtaW4='],
  ['that is empty', 'Bearer '],
  [
    'without a signature',
    `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"x"}').toString('base64url')}.`,
  ],
  ['that is too long', `Bearer ${'a'.repeat(9_000)}.b.c`],
  ['that injects', "Bearer ' OR 1=1 --.a.b"],
] as const)
  tokens(
    `a token ${label}`,
    async (t) => summary(await t.ask('{ __typename }', null, { headers: { authorization } })),
    refused(401, 'UNAUTHENTICATED'),
  );
tokens(
  'a token whose roles were changed',
  async (t) => {
    const [header, payload, signature] = (await t.world.identity.token(ANALYST)).split('.') as [string, string, string];
    const claims = {
      ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
      roles: ['inspector'],
      case_number: '1',
    };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    return summary(await t.ask('{ __typename }', null, { headers: { authorization: `Bearer ${forged}` } }));
  },
  refused(401, 'UNAUTHENTICATED'),
);
tokens(
  'an identity meant for a subgraph, as a token',
  async (t) => {
    const signed = (await t.world.identity.signed('submissions', INSPECTOR))[IDENTITY_HEADER]!;
    return summary(await t.ask('{ __typename }', null, { headers: { authorization: `Bearer ${signed}` } }));
  },
  refused(401, 'UNAUTHENTICATED'),
);
tokens(
  'an identity for a subgraph, handed in by a client',
  async (t) => {
    const headers = await t.world.identity.signed('reviews', INSPECTOR);
    return withheld(await t.ask('{ busyReviewers(moreThan: 0) { id } }', null, { headers }));
  },
  { status: 200, data: { busyReviewers: null }, errors: undefined, withheld: ['FIELD Query.busyReviewers'] },
);
for (const subgraph of PROGRAMS) {
  const direct =
    (headers: Record<string, string>, query = '{ _service { sdl } }') =>
    async (t: Target) => {
      const { data, errors } = await t.world.subgraph(subgraph).execute({ query, headers });
      return [data ?? null, errors?.[0]?.extensions?.code];
    };
  tokens(`${subgraph} is asked for its schema without an identity`, direct({}), [null, 'IDENTITY_REQUIRED']);
  tokens(
    `${subgraph} is called with an old, unsigned header`,
    direct({ 'ordergraph-principal': 'role=inspector; subject=x' }),
    [null, 'IDENTITY_REQUIRED'],
  );
  tokens(
    `an identity for another subgraph is replayed to ${subgraph}`,
    async (t) => {
      const target = subgraph === 'reviews' ? 'workforce' : 'reviews';
      return direct(await t.world.identity.signed(target, INSPECTOR))(t);
    },
    [null, 'IDENTITY_REQUIRED'],
  );
}
for (const subgraph of PROGRAMS) {
  const identified = (make: (t: Target) => Promise<string>) => async (t: Target) => {
    const headers = { [IDENTITY_HEADER]: await make(t) };
    const { data, errors } = await t.world.subgraph(subgraph).execute({ query: '{ __typename }', headers });
    return [data ?? null, errors?.[0]?.extensions?.code];
  };
  const inspector = parsePrincipal(INSPECTOR);
  tokens(
    `${subgraph} is called for a person without an issuer`,
    identified(async (t) => t.world.identity.parts.signer.sign({ ...inspector, issuer: '' }, subgraph)),
    [null, 'IDENTITY_REQUIRED'],
  );
  tokens(
    `${subgraph} is called with another key under the gateway’s key id`,
    identified(async (t) => {
      const signer = await IdentitySigner.of({ ...(await newKey()), kid: t.world.identity.key.kid });
      return signer.sign(inspector, subgraph);
    }),
    [null, 'IDENTITY_REQUIRED'],
  );
}
tokens(
  'a token that names another issuer than that of its key',
  async (t) => {
    const [header, payload, signature] = (await t.world.identity.token(ANALYST)).split('.') as [string, string, string];
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), iss: 'https://id.example.gov' };
    const changed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    return summary(await t.ask('{ __typename }', null, { headers: { authorization: `Bearer ${changed}` } }));
  },
  refused(401, 'UNAUTHENTICATED'),
);

const plans = group('Shared plans');
const OPERATION = '{ submissions { totalCount } }';
const CHANGE = 'mutation { withdrawSubmission(input: {}) { replayed } }';
const fetchOf = (change: object = {}) => ({
  kind: 'Fetch',
  subgraph: 'submissions',
  operation: OPERATION,
  operationKind: 'query',
  variables: [],
  outputRewrites: [],
  ...change,
});
const changeOf = (change: object = {}) => fetchOf({ operation: CHANGE, operationKind: 'mutation', ...change });
/** Whether the gateway would use a plan from Redis. */
const loads = async (root: object, operation = OPERATION): Promise<string> => {
  try {
    readLoadedPlan(JSON.stringify({ root }), operation, PROGRAMS);
    return 'used';
  } catch (error) {
    return error instanceof LoadedPlanError ? 'refused' : String(error);
  }
};
plans('a genuine plan is used', () => loads(fetchOf()), 'used');
plans('a genuine plan of a mutation is used', () => loads(changeOf(), CHANGE), 'used');
for (const [label, root, operation] of [
  ['a mutation for a query', changeOf()],
  ['a mutation declared as a query', changeOf({ operationKind: 'query' })],
  ['a query and a mutation in one fetch', fetchOf({ operation: `query A ${OPERATION} ${CHANGE}` })],
  ['a subscription', fetchOf({ operation: 'subscription { a }', operationKind: 'subscription' })],
  ['a mutation after the query', { kind: 'Sequence', nodes: [fetchOf(), changeOf()] }],
  ['a mutation deep beside the query', { kind: 'Parallel', nodes: [{ kind: 'Sequence', nodes: [changeOf()] }] }],
  ['a server that is not a subgraph', fetchOf({ subgraph: 'http://evil.example' })],
  ['a subgraph of a prototype’s name', fetchOf({ subgraph: '__proto__' })],
  ['text that is not GraphQL', fetchOf({ operation: 'DROP TABLE submission' })],
  ['a fragment alone', fetchOf({ operation: 'fragment F on Query { a }' })],
  ['a step of another kind', { kind: 'Execute', code: 'process.exit()' }],
  ['a fetch with more than fetches have', fetchOf({ url: 'http://evil.example' })],
  ['another mutation', changeOf({ operation: 'mutation { registerModel(input: {}) { replayed } }' }), CHANGE],
  ['the mutation twice', { kind: 'Sequence', nodes: [changeOf(), changeOf()] }, CHANGE],
  ['the mutation for each entity', changeOf({ entities: [] }), CHANGE],
  ['the mutation somewhere in the answer', changeOf({ at: [{ kind: 'Field', name: 'a' }] }), CHANGE],
] as const)
  plans(`a plan with ${label}`, () => loads(root, operation), 'refused');

const bus = group('Event bus');
const KINDS: readonly MessageKind[] = ['event', 'head', 'request', 'answer'];
/** How a reader treats a message that `sign` signs with the keys of `signer`; the default keys are not the reader's. */
const opened = async (
  kind: MessageKind,
  make: (sender: SignedMessages, keys: EventKeys) => string | Promise<string>,
) => {
  const keys = eventKeysOf(
    new Map([
      ['submissions', await newKey()],
      ['reviews', await newKey()],
    ]),
  );
  const result = new SignedMessages('here', keys).open(
    kind,
    await make(new SignedMessages('here', keys), keys),
    'about',
  );
  return 'flaw' in result ? result.flaw : 'taken';
};
for (const kind of KINDS) {
  const otherKind = KINDS[(KINDS.indexOf(kind) + 1) % KINDS.length]!;
  bus(
    `a ${kind} of a subgraph is accepted`,
    () => opened(kind, (sender) => sender.sign(kind, 'submissions', '{}', 'about')),
    'taken',
  );
  bus(`a ${kind} without a signature`, () => opened(kind, () => '{"source":"submissions"}'), 'unsigned');
  bus(
    `a ${kind} of an unknown key`,
    () =>
      opened(kind, async () => {
        const ownKeys = eventKeysOf(new Map([['submissions', await newKey()]]));
        return new SignedMessages('here', ownKeys).sign(kind, 'submissions', '{}', 'about');
      }),
    'unknown-key',
  );
  bus(
    `a ${kind} in the name of another subgraph`,
    () =>
      opened(kind, (sender) => {
        const signed = JSON.parse(sender.sign(kind, 'reviews', '{}', 'about')) as object;
        return JSON.stringify({ ...signed, from: 'submissions' });
      }),
    'unknown-key',
  );
  bus(
    `a ${kind} that was signed as ${otherKind}`,
    () => opened(kind, (sender) => sender.sign(otherKind, 'submissions', '{}', 'about')),
    'forged',
  );
  bus(
    `a ${kind} about something else`,
    () => opened(kind, (sender) => sender.sign(kind, 'submissions', '{}', 'else')),
    'forged',
  );
  bus(
    `a ${kind} of another deployment`,
    () => opened(kind, (_sender, keys) => new SignedMessages('there', keys).sign(kind, 'submissions', '{}', 'about')),
    'forged',
  );
}

const ambiguity = group('Ambiguity');
const PUBLIC = '{ __typename }';
const SECRET = '{ __schema { queryType { name } } }';
for (const [label, body] of [
  ['query', `{"query":"${PUBLIC}","query":"${SECRET}"}`],
  ['query, once with an escape', `{"query":"${PUBLIC}","\\u0071uery":"${SECRET}"}`],
  ['query, after variables with the same name', `{"query":"${PUBLIC}","variables":{"query":1},"query":"${SECRET}"}`],
  ['variables', `{"query":"${PUBLIC}","variables":{},"variables":{"a":1}}`],
  ['operationName', `{"query":"query A { __typename } query B ${SECRET}","operationName":"A","operationName":"B"}`],
  [
    'extensions',
    `{"query":"${PUBLIC}","extensions":{},"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`,
  ],
  ['documentId', '{"documentId":"a","documentId":"b"}'],
  ['a meaningless name', `{"query":"${PUBLIC}","x":1,"x":2}`],
] as const)
  ambiguity(`a body with two of: ${label}`, async (t) => summary(await t.body(body)), refused(400, 'BAD_REQUEST'));
ambiguity(
  'a variable twice: every reader uses the last one',
  async (t) =>
    (await t.body('{"query":"query ($k: ID!) { sector(key: $k) { key } }","variables":{"k":"nothing","k":"energy"}}'))
      .json.data,
  { sector: { key: 'energy' } },
);
for (const [name, value] of [
  ['query', PUBLIC],
  ['operationName', 'A'],
  ['variables', '{}'],
  ['extensions', '{}'],
] as const)
  ambiguity(
    `a URL with two of: ${name}`,
    async (t) => {
      const search = new URLSearchParams(name === 'query' ? {} : { query: 'query A { __typename }' });
      for (const item of [value, value]) search.append(name, item);
      return summary(await t.send({ method: 'GET', path: `/graphql?${search}` }));
    },
    refused(400, 'BAD_REQUEST'),
  );
for (const type of [
  'application/json; charset=utf-7',
  'application/json; charset=utf-16',
  'application/json; charset="UTF-16LE"',
  'application/json;charset=iso-8859-1',
  'application/json; charset=utf-8; charset=utf-7',
])
  ambiguity(
    `a body of the type ${type}`,
    async (t) => summary(await t.body(`{"query":"${PUBLIC}"}`, { 'content-type': type })),
    refused(415, 'UNSUPPORTED_MEDIA_TYPE'),
  );
ambiguity(
  'a body in UTF-16 without a charset',
  async (t) =>
    summary(
      await t.send({
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(`\ufeff{"query":"${PUBLIC}"}`, 'utf16le'),
      }),
    ),
  refused(400, 'BAD_REQUEST'),
);
for (const [label, bytes] of [
  ['an overlong quote', [0xc0, 0xa2]],
  ['an overlong slash', [0xe0, 0x80, 0xaf]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a character that is cut off', [0xf0, 0x9f, 0x98]],
  ['a character beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
] as const) {
  ambiguity(
    `a body that is not UTF-8: ${label}`,
    async (t) =>
      summary(
        await t.send({
          headers: { 'content-type': 'application/json' },
          body: Buffer.concat([
            Buffer.from('{"query":"{ sector(key: \\"'),
            Buffer.from(bytes),
            Buffer.from('\\") { key } }"}'),
          ]),
        }),
      ),
    refused(400, 'BAD_REQUEST'),
  );
  ambiguity(
    `a URL that is not UTF-8: ${label}`,
    async (t) => {
      const escaped = bytes.map((byte) => `%${byte.toString(16)}`).join('');
      const path = `/graphql?query=%7Bsector(key:%22${escaped}%22)%7Bkey%7D%7D`;
      return /^HTTP\/1\.1 400[\s\S]*BAD_REQUEST/.test(
        await t.raw(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
      );
    },
    true,
  );
}

/** A token of the caller with changed parts of its header or claims; its signature is well formed. */
const altered = async (t: Target, header: object, claims: object) => {
  const parts = (await t.world.identity.token(ANALYST)).split('.') as [string, string, string];
  const forged = (part: string, change: object) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(part, 'base64url').toString()), ...change })).toString(
      'base64url',
    );
  return `${forged(parts[0], header)}.${forged(parts[1], claims)}.${'A'.repeat(86)}`;
};
for (const [label, header, claims] of [
  ['of a shared-secret algorithm', { alg: 'HS256' }, {}],
  ['of an algorithm that is not configured', { alg: 'RS256' }, {}],
  ['of an invented key id', { kid: '../../etc/passwd' }, {}],
  ['that contains its own key', { kid: undefined, jwk: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } }, {}],
  ['that names the URL of its key', { jku: 'https://evil.example/keys', kid: 'evil' }, {}],
  ['that has expired', {}, { exp: 1 }],
  ['for another audience', {}, { aud: 'another' }],
  ['of another issuer', {}, { iss: 'https://evil.example' }],
  ['of critical extensions that are unknown', { crit: ['x'], x: 1 }, {}],
] as const)
  tokens(
    `a forged token ${label}`,
    async (t) =>
      summary(
        await t.ask('{ __typename }', null, {
          headers: { authorization: `Bearer ${await altered(t, header, claims)}` },
        }),
      ),
    refused(401, 'UNAUTHENTICATED'),
  );
tokens(
  'two tokens in one header',
  async (t) => {
    const token = await t.world.identity.token(ANALYST);
    return summary(
      await t.ask('{ __typename }', null, { headers: { authorization: `Bearer a.b.c, Bearer ${token}` } }),
    );
  },
  refused(401, 'UNAUTHENTICATED'),
);
tokens(
  'a token in the URL',
  async (t) => {
    const query = encodeURIComponent(SECRET);
    const token = await t.world.identity.token(ANALYST);
    return summary(await t.send({ method: 'GET', path: `/graphql?query=${query}&access_token=${token}` }));
  },
  refused(403, 'INTROSPECTION_DISABLED'),
);
tokens(
  'a flood of texts that are not tokens, before a caller signs in from the same address',
  async (t) => {
    const headers = { authorization: 'Bearer a1.b.c' };
    const flood = Array.from({ length: 200 }, async () => (await t.ask('{ __typename }', null, { headers })).status);
    const statuses = new Set(await Promise.all(flood));
    return [[...statuses], (await t.ask('{ __typename }', `role=analyst; subject=new-${Math.random()}`)).status];
  },
  [[401], 200],
);
tokens(
  'a flood of forged tokens, while a known and a new caller send requests from the same address',
  async (t) => {
    await t.ask('{ __typename }', ANALYST);
    const forge = async (jti: number) => {
      const authorization = `Bearer ${await altered(t, {}, { jti: `flood-${jti}` })}`;
      return (await t.ask('{ __typename }', null, { headers: { authorization } })).status;
    };
    const statuses = await Promise.all(Array.from({ length: 300 }, (_, i) => forge(i)));
    const knownStatus = (await t.ask('{ __typename }', ANALYST)).status;
    const late = `role=analyst; subject=late-${Math.random()}`;
    let status = 0;
    for (let attempt = 0; attempt < 50 && status !== 200; attempt++) {
      status = (await t.ask('{ __typename }', late)).status;
      if (status === 429) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return [statuses.every((code) => code === 401 || code === 429), knownStatus, status];
  },
  [true, 200, 200],
);
tokens(
  'a claimed address gets a budget',
  async (t) => {
    const remaining = async (claim: Record<string, string>) =>
      (await t.ask('{ sectors(first: 3) { nodes { key } } }', null, { headers: claim })).json.extensions.cost.remaining;
    const before = await remaining({});
    const claims: Record<string, string>[] = [
      { 'x-forwarded-for': '192.0.2.77' },
      { forwarded: 'for=192.0.2.78' },
      { 'x-real-ip': '192.0.2.79' },
    ];
    for (const claim of claims) if ((await remaining(claim)) >= before) return claim;
    return 'none of them';
  },
  'none of them',
);

const slow = group('Slow clients');
const HEAD = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
for (const [label, bytes] of [
  ['headers', 'POST /graphql HTTP/1.1\r\nhost: x\r\nx-a: '],
  ['a body', `${HEAD}content-length: 100\r\n\r\n{`],
  ['chunks', `${HEAD}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`],
  ['a body that waits for 100 Continue', `${HEAD}content-length: 100\r\nexpect: 100-continue\r\n\r\n`],
] as const)
  slow(
    `${label} without end`,
    async (t) => {
      const text = await t.raw(bytes, 10_000);
      return [/HTTP\/1\.1 408 /.test(text), /REQUEST_TIMEOUT/.test(text)];
    },
    [true, true],
  );
slow(
  'an endless body beside an invalid token',
  async (t) =>
    /^HTTP\/1\.1 401 /.test(await t.raw(`${HEAD}authorization: Bearer x\r\ncontent-length: 100\r\n\r\n{`, 10_000)),
  true,
);
for (const [label, bytes] of [
  ['not HTTP at all', 'HELO graph\r\n\r\n'],
  ['a chunk without a length', `${HEAD}transfer-encoding: chunked\r\n\r\nxyz\r\n`],
  ['an unknown method', 'HACK / HTTP/1.1\r\nhost: x\r\n\r\n'],
] as const)
  http(
    `${label}, answered in JSON`,
    async (t) => {
      const text = await t.raw(bytes);
      return [/^HTTP\/1\.1 400 /.test(text), text.includes('"code":"BAD_REQUEST"')];
    },
    [true, true],
  );

const bypass = group('Authorization');
const hiddenSubmission = async (t: Target) => {
  const { database } = t.world.subgraph('submissions');
  const [row] = await database.query<{ id: string }>(
    "SELECT id FROM submission WHERE developer_key = 'exercise-birch' AND lifecycle <> 'DRAFT' LIMIT 1",
  );
  return row!.id;
};
const NOTHING = { status: 200, code: undefined };
bypass(
  'another’s submission, by its id',
  async (t) => summary(await t.ask(`{ submission(id: "${await hiddenSubmission(t)}") { number } }`, ALDER)),
  { ...NOTHING, data: { submission: null } },
);
bypass(
  'by an alias and a fragment',
  async (t) =>
    summary(
      await t.ask(
        `{ x: submission(id: "${await hiddenSubmission(t)}") { ...F } } fragment F on Submission { n: number }`,
        ALDER,
      ),
    ),
  { ...NOTHING, data: { x: null } },
);
bypass(
  'by a filter',
  async (t) =>
    summary(
      await t.ask(
        `{ submissions(filter: { id: { eq: "${await hiddenSubmission(t)}" } }) { totalCount nodes { id } } }`,
        ALDER,
      ),
    ),
  { ...NOTHING, data: { submissions: { totalCount: 0, nodes: [] } } },
);
bypass(
  'by another organization',
  async (t) =>
    summary(await t.ask('{ developerOrganization(key: "exercise-birch") { submissions { totalCount } } }', ALDER)),
  { ...NOTHING, data: { developerOrganization: { submissions: { totalCount: 0 } } } },
);
bypass(
  'by a reference of another subgraph',
  async (t) => {
    const { database } = t.world.subgraph('reviews');
    const [row] = await database.query<{ id: string }>("SELECT id FROM determination WHERE status = 'ISSUED' LIMIT 1");
    return withheld(await t.ask(`{ determination(id: "${row!.id}") { submission { number } } }`, ANALYST));
  },
  {
    status: 200,
    data: { determination: { submission: null } },
    errors: undefined,
    withheld: ['ROWS Query.determination', 'FIELD Determination.submission'],
  },
);
bypass(
  'by entities, through a subgraph and an identity of its own',
  async (t) => {
    const { data } = await t.world.subgraph('submissions').execute({
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Submission { number } } }',
      variables: { r: [{ __typename: 'Submission', id: await hiddenSubmission(t) }] },
      headers: await t.world.identity.signed('submissions', ALDER),
    });
    return data?._entities;
  },
  [null],
);
bypass(
  'findings, by way of the sector they touch',
  async (t) => {
    const { json } = await t.ask('{ sectors(first: 50) { nodes { findings { nodes { id } } } } }');
    return (json.data.sectors.nodes as { findings: { nodes: unknown[] } | null }[]).flatMap(
      ({ findings }) => findings?.nodes ?? [],
    );
  },
  [],
);
bypass(
  'more entities at once than the limit',
  async (t) => {
    const representations = Array.from({ length: 100_001 }, () => ({ __typename: 'Sector', key: 'energy' }));
    const { data, errors } = await t.world.subgraph('infrastructure').execute({
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }',
      variables: { r: representations },
      headers: await t.world.identity.signed('infrastructure', INSPECTOR),
    });
    return [data ?? null, errors?.[0]?.extensions?.code];
  },
  [null, 'BAD_USER_INPUT'],
);
bypass(
  'existence, by the response to an unknown id',
  async (t) => {
    // everything except what remains of the budget and of the minute
    const ask = async (id: string) =>
      (await t.ask(`{ submission(id: "${id}") { number developer { key } } }`, ALDER)).text.replace(
        /"(remaining|resetSeconds)":\d+/g,
        '',
      );
    return (await ask(await hiddenSubmission(t))) === (await ask('sub_0000000000000000000000000'));
  },
  true,
);
bypass('the count of hidden objects', async (t) => summary(await t.ask('{ submissions { totalCount } }', ANALYST)), {
  ...NOTHING,
  data: { submissions: { totalCount: 0 } },
});
bypass(
  'a secret by ordering',
  async (t) =>
    summary(await t.ask('{ aiModels(orderBy: { field: TRAINING_COMPUTE_FLOP }) { nodes { id } } }', ANALYST)).code,
  'INVALID_ORDER',
);
bypass(
  'a secret by filtering',
  async (t) =>
    summary(await t.ask('{ aiModels(filter: { trainingComputeFlop: { gte: "1e25" } }) { totalCount } }', ANALYST)).code,
  'INVALID_FILTER',
);
bypass(
  'figures of the government, by the public',
  async (t) => withheld(await t.ask('{ executiveOrder(number: "14409") { reviewMetrics { openReviews } } }')),
  {
    status: 200,
    data: { executiveOrder: { reviewMetrics: null } },
    errors: undefined,
    withheld: ['FIELD ExecutiveOrder.reviewMetrics'],
  },
);
bypass(
  'names of candidates, by an analyst',
  async (t) => summary(await t.ask('{ applications { totalCount } }', ANALYST)),
  { ...NOTHING, data: { applications: { totalCount: 0 } } },
);
bypass(
  'weaknesses of systems, by human resources',
  async (t) => summary(await t.ask('{ vulnerabilityFindings { totalCount } }', TREASURY_HR)),
  { ...NOTHING, data: { vulnerabilityFindings: { totalCount: 0 } } },
);
bypass(
  'a mutation on another’s submission',
  async (t) =>
    summary(
      await t.ask('mutation ($i: WithdrawSubmissionInput!) { withdrawSubmission(input: $i) { replayed } }', ALDER, {
        variables: { i: { id: await hiddenSubmission(t), expectedRevision: 1, idempotencyKey: 'steal-1' } },
      }),
    ).code,
  'NOT_FOUND',
);
bypass(
  'unknown fields in an input',
  async (t) =>
    (
      await t.ask('mutation ($i: WithdrawSubmissionInput!) { withdrawSubmission(input: $i) { replayed } }', BIRCH, {
        variables: {
          i: {
            id: 'x',
            expectedRevision: 1,
            idempotencyKey: 'mass-1',
            lifecycle: 'FILED',
            developerKey: 'exercise-alder',
          },
        },
      })
    ).status,
  400,
);
bypass(
  'an operator reads data',
  async (t) => summary(await t.ask('{ submissions { totalCount } }', 'role=operator; subject=o')),
  { ...NOTHING, data: { submissions: { totalCount: 0 } } },
);
bypass(
  'metrics, by the public',
  async (t) => summary(await t.send({ method: 'GET', path: '/metrics' })),
  refused(403, 'FORBIDDEN'),
);
bypass(
  'the list of subgraphs, by the public',
  async (t) => (await t.send({ method: 'GET', path: '/health/ready' })).json,
  { status: 'ready' },
);
bypass(
  'a document, by the public',
  async (t) => (await t.send({ method: 'GET', path: '/artifacts/art_1' })).status,
  404,
);

const injection = group('Injection');
for (const text of [
  "' OR '1'='1",
  "x'; DROP TABLE sector; --",
  '\\',
  '%',
  '_',
  '"',
  '` OR 1',
  ['$', '{7*7}'].join(''),
  '{{7*7}}',
])
  injection(
    `a filter with ${text}`,
    async (t) =>
      summary(
        await t.ask('query ($v: String) { sectors(filter: { name: { contains: $v } }) { totalCount } }', null, {
          variables: { v: text },
        }),
      ),
    { ...NOTHING, data: { sectors: { totalCount: 0 } } },
  );
injection(
  'a key that is an object',
  async (t) =>
    (await t.ask('query ($k: ID!) { sector(key: $k) { name } }', null, { variables: { k: { $ne: 1 } } })).status,
  400,
);
injection(
  'a cursor made by hand',
  async (t) =>
    summary(
      await t.ask(`{ sectors(after: "${Buffer.from('["x","\' OR 1=1"]').toString('base64url')}") { totalCount } }`),
    ).code,
  'INVALID_CURSOR',
);
injection(
  'an invalid order',
  async (t) => (await t.ask('{ sectors(orderBy: { field: "name; DROP TABLE sector" }) { totalCount } }')).status,
  400,
);
injection(
  'a representation whose key is an object',
  async (t) => {
    const { errors } = await t.world.subgraph('infrastructure').execute({
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Sector { name } } }',
      variables: { r: [{ __typename: 'Sector', key: { $ne: 1 } }] },
      headers: await t.world.identity.signed('infrastructure', null),
    });
    return errors?.[0]?.extensions?.code;
  },
  'INVALID_REFERENCE',
);
for (const name of ['__proto__', 'constructor', 'prototype', 'toString'])
  injection(
    `a prototype’s name as a variable: ${name}`,
    async (t) => {
      const { status } = await t.body(
        `{"query":"query ($k: ID!) { sector(key: $k) { name } }","variables":{"k":"energy","${name}":{"polluted":true}}}`,
      );
      return [status === 200 || status === 400, ({} as { polluted?: boolean }).polluted];
    },
    [true, undefined],
  );
for (const alias of ['__proto__', 'constructor', 'hasOwnProperty'])
  injection(
    `an alias of a prototype’s name: ${alias}`,
    async (t) => {
      const { text } = await t.ask(`{ ${alias}: sector(key: "energy") { ${alias}: name } }`);
      return [text.includes('"Energy'), ({} as { name?: string }).name];
    },
    [true, undefined],
  );
injection(
  'a subject that writes lines into the log',
  async (t) => summary(await t.ask('{ __typename }', null, { headers: { authorization: 'Bearer a%0ab.c.d' } })).code,
  'UNAUTHENTICATED',
);

const sharing = group('Sharing');
sharing(
  'a response is shared with another concurrent caller',
  async (t) => {
    const query = '{ submissions { totalCount } }';
    const whole = (await t.ask(query, INSPECTOR)).json.data.submissions.totalCount;
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => t.ask(query, [INSPECTOR, ANALYST, null][i % 3] as string | null)),
    );
    return answers.every(({ json }, i) => json.data.submissions.totalCount === (i % 3 === 0 ? whole : 0));
  },
  true,
);
sharing(
  'a response to an authenticated caller is cached',
  async (t) => (await t.ask('{ sectors(first: 1) { totalCount } }', ANALYST)).headers['cache-control'],
  'private, no-store',
);
sharing(
  'a persisted query under another’s digest',
  async (t) => {
    const sha256Hash = createHash('sha256').update('{ __typename }').digest('hex');
    return (
      await t.ask('{ sectors(first: 1) { totalCount } }', null, {
        extensions: { persistedQuery: { version: 1, sha256Hash } },
      })
    ).status;
  },
  400,
);
sharing(
  'a persisted query that one caller stored shows another the schema',
  async (t) => {
    const query = '{ __schema { mutationType { name } } }';
    const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
    await t.ask(query, ANALYST, { extensions });
    return summary(await t.body(JSON.stringify({ extensions })));
  },
  refused(403, 'INTROSPECTION_DISABLED'),
);

const leaks = group('Leaks');
leaks(
  'an unexpected failure reveals internals',
  async (t) => {
    const { database } = t.world.subgraph('infrastructure');
    const original = database.query;
    database.query = async () => {
      throw new Error('ER_ACCESS_DENIED for root@db-17.internal: SELECT secret FROM vault at /srv/app/index.js:1:2');
    };
    try {
      const { text } = await t.ask('{ sectors(first: 2) { nodes { name } } }');
      return [/Internal error/.test(text), /root|db-17|SELECT|vault|index\.js/.test(text)];
    } finally {
      database.query = original;
    }
  },
  [true, false],
);
leaks('a page instead of an error', async (t) => /<html|<pre/i.test((await t.body('{"query":')).text), false);
leaks(
  'a stack trace in any response',
  async (t) => /\.(js|ts):\d+/.test((await t.ask('{ sectors(first: -1) { totalCount } }')).text),
  false,
);
export const catalog: readonly Attack[] = attacks;
