import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { newKey, readPrivateKey } from '#base/identity/keys';
import { signingKeyOf } from '#base/identity/signed-identity';
import { packageRoot } from '#base/package-root';
import { keyFilesIn, writeKeys } from '../../gateway/cli/keys';
import { killAll, requireCompiled, run, runProgram, waitForOutput } from '../support/processes';

const EXAMPLES = join(packageRoot, 'docs', 'examples', 'subgraphs');
const folder = mkdtempSync(join(tmpdir(), 'ordergraph-contract-'));
const keys = join(folder, 'keys');
const { identityKey, identityKeys } = keyFilesIn(keys);
const principal = { issuer: 'https://id.example', subject: 'ann', roles: ['analyst'], governmentRoles: ['analyst'] };

beforeAll(async () => {
  requireCompiled();
  await writeKeys(keys);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ask(url: string, query: string, headers: Record<string, string> = {}, variables?: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data: unknown; errors?: { extensions: { code: string } }[] };
  return { status: response.status, work: response.headers.get('ordergraph-work'), ...body };
}

const now = () => Math.floor(Date.now() / 1_000);

interface Forgery {
  readonly claims?: object;
  readonly audience?: string;
  readonly issuer?: string;
  readonly issuedAt?: number;
  readonly expires?: number;
  readonly isOfOtherKey?: boolean;
  readonly kid?: string;
}

/** An identity, as a gateway would sign it but for what is named. */
async function identity({ claims = { principal }, isOfOtherKey = false, ...of }: Forgery = {}): Promise<string> {
  const key = signingKeyOf(readPrivateKey(identityKey, 'the identity key'));
  const { secret } = isOfOtherKey ? signingKeyOf(await newKey()) : key;
  const issuedAt = of.issuedAt ?? now();
  return new SignJWT(claims as Record<string, unknown>)
    .setProtectedHeader({ alg: 'EdDSA', kid: of.kid ?? key.id })
    .setIssuer(of.issuer ?? 'ordergraph-gateway')
    .setAudience(of.audience ?? 'training')
    .setIssuedAt(issuedAt)
    .setExpirationTime(of.expires ?? issuedAt + 120)
    .sign(secret);
}

const unsigned = () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { principal, iss: 'ordergraph-gateway', aud: 'training', iat: now(), exp: now() + 120 };
  return `${part({ alg: 'none' })}.${part(claims)}.`;
};

const FORGED: readonly [what: string, make: () => string | Promise<string>, code?: string][] = [
  ['signed by another key', () => identity({ isOfOtherKey: true })],
  ['of an unknown key', () => identity({ kid: 'unknown', isOfOtherKey: true })],
  ['for another subgraph', () => identity({ audience: 'reviews' })],
  ['of another issuer', () => identity({ issuer: 'somewhere' })],
  ['without a signature', unsigned],
  ['that is no token', () => 'role=inspector'],
  ['without a caller', () => identity({ claims: {} })],
  ['that expired', () => identity({ issuedAt: now() - 300 }), 'IDENTITY_CLOCK_SKEW'],
  [
    'that lives longer than allowed',
    () => identity({ issuedAt: now() - 300, expires: now() + 9_999 }),
    'IDENTITY_CLOCK_SKEW',
  ],
  ['of the future', () => identity({ issuedAt: now() + 300 }), 'IDENTITY_CLOCK_SKEW'],
];

describe.each([
  ['Node', process.execPath, join('node', 'server.mjs')],
  ['Python', 'python3', join('python', 'server.py')],
])('the example subgraph in %s', (_language, program, file) => {
  let url: string;
  let gateway: string;
  let token: string;
  beforeAll(async () => {
    const data = join(folder, `data-${program === 'python3' ? 'python' : 'node'}`);
    const flags = ['--identity-keys', identityKeys];
    const training = runProgram(program, [join(EXAMPLES, file), '--port', '0', ...flags]);
    const registry = run(['subgraph', 'registry', '--port', '0', '--data', data, ...flags]);
    [, url] = (await waitForOutput(training, /training answers at (\S+)/)) as unknown as [string, string];
    const [, registryUrl] = await waitForOutput(registry, /registry answers at (\S+)/);
    const composed = run([
      'compose',
      `training@${url}=${join(EXAMPLES, 'training.graphql')}`,
      `registry@${registryUrl}=${join(packageRoot, 'subgraphs', 'registry', 'schema.graphql')}`,
    ]);
    if ((await composed.ended) !== 0) throw new Error(composed.output());
    const supergraph = join(data, 'supergraph.graphql');
    writeFileSync(supergraph, composed.output());
    const served = run([
      ...['gateway', '--port', '0', '--supergraph', supergraph, '--auth', 'development', '--data', data],
      ...['--identity-key', identityKey],
    ]);
    [, gateway] = (await waitForOutput(served, /(http:\S+\/graphql)/)) as unknown as [string, string];
    const printed = run(['token', '--role', 'analyst', '--data', data]);
    await printed.ended;
    token = printed.output().trim();
  });
  afterAll(killAll);

  test('answers with others through a gateway, to each caller what it may read', async () => {
    const query =
      '{ courses { slug priceCents agency { name } } agency(key: "nsa") { abbreviation courses { title } } }';
    const course = (slug: string, priceCents: number | null, name: string) => ({ slug, priceCents, agency: { name } });
    const coursesFor = (isGovernment: boolean) => [
      course('first-aid', isGovernment ? 12_000 : null, 'Office of Personnel Management'),
      course('incident-response', isGovernment ? 95_000 : null, 'Cybersecurity and Infrastructure Security Agency'),
      course('secure-code', isGovernment ? 80_000 : null, 'National Security Agency'),
    ];
    const agency = { abbreviation: 'NSA', courses: [{ title: 'Secure code' }] };
    const known = await ask(gateway, query, { authorization: `Bearer ${token}` });
    expect(known).toMatchObject({ data: { courses: coursesFor(true), agency } });
    expect(known.errors).toBeUndefined();
    expect((await ask(gateway, query)).data).toEqual({ courses: coursesFor(false), agency });
  });

  test('serves its schema, its entities, and its work to a signed caller', async () => {
    const headers = { 'ordergraph-identity': await identity() };
    const service = await ask(url, '{ _service { sdl } }', headers);
    expect(service.data).toEqual({ _service: { sdl: expect.stringContaining('@owner(subgraph: "training"') } });
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Course { title } } }';
    const of = [
      { __typename: 'Course', slug: 'secure-code' },
      { __typename: 'Course', slug: 'unknown' },
      { __typename: 'Agency', key: 'nsa' },
    ];
    const entities = await ask(url, query, headers, { of });
    expect(entities.data).toEqual({
      _entities: [{ __typename: 'Course', title: 'Secure code' }, null, { __typename: 'Agency' }],
    });
    expect((await ask(url, '{ courses { slug } }', headers)).work).toBe('3');
  });

  test('hides internal values from the public, who are signed too', async () => {
    const headers = { 'ordergraph-identity': await identity({ claims: { public: true } }) };
    const { data } = await ask(url, '{ courses { priceCents } }', headers);
    expect(data).toEqual({ courses: [{ priceCents: null }, { priceCents: null }, { priceCents: null }] });
  });

  test.each(FORGED)('refuses an identity %s', async (_what, make, code = 'IDENTITY_REQUIRED') => {
    const { status, errors, data } = await ask(url, '{ courses { priceCents } }', {
      'ordergraph-identity': await make(),
    });
    expect([status, errors?.[0]?.extensions.code, data]).toEqual([401, code, undefined]);
  });

  test('refuses a request without an identity, its schema included, and reports its health', async () => {
    expect((await ask(url, '{ _service { sdl } }')).status).toBe(401);
    for (const path of ['live', 'ready']) expect((await fetch(new URL(`/health/${path}`, url))).status).toBe(200);
  });

  test('rejects invalid operations with a code', async () => {
    const { status, errors } = await ask(url, '{ nothing }', { 'ordergraph-identity': await identity() });
    expect([status, errors?.[0]?.extensions.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  });
});

test('the page shows the schema of the examples as it is', () => {
  const page = readFileSync(join(packageRoot, 'docs', 'subgraph-contract.md'), 'utf8');
  const [, block] = /```graphql\n([\s\S]*?)```/.exec(page)!;
  expect(block!.trim()).toBe(readFileSync(join(EXAMPLES, 'training.graphql'), 'utf8').trim());
});
