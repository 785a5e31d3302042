import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { addressKey } from '#base/http/address';
import { ORIGIN_HEADER } from '#base/http/origin';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import { SignedDoor } from '#base/identity/door';
import { newKey, publicKey, readIdentityKeys, readPrivateKey, signerOf } from '#base/identity/keys';
import { DEVELOPMENT_ISSUER, type Principal, parsePrincipal, personKey, principalKey } from '#base/identity/principal';
import { roleNames } from '#base/identity/roles';
import { IDENTITY_HEADER, IdentitySigner, signingKeyOf } from '#base/identity/signed-identity';
import { readSealKeys, type SealKey, SealKeys } from '#kit/audit/seal';
import { readEventKeys } from '#kit/events/event-keys';
import { SignedMessages } from '#kit/events/signed-messages';
import { auditLog, requireOwnKeys } from '../../gateway/cli/audit';
import { auditKeyIn, eventKeyIn, keyFilesIn, pruneKeys, writeKeys } from '../../gateway/cli/keys';
import { EVENT_READERS, PROGRAMS } from '../../gateway/cli/programs';
import { openSettings, settingsBySubgraph } from '../../gateway/cli/settings';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { Authenticator } from '../../gateway/identity/authenticator';
import { DevelopmentIssuer, requireDevelopment } from '../../gateway/identity/development-issuer';
import { Issuer, readIssuers } from '../../gateway/identity/issuers';
import { Revocations } from '../../gateway/identity/revocations';
import { RESERVED_PER_SECOND } from '../../gateway/identity/verification-budget';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import type { SubgraphRequest } from '../../gateway/transport/transport';
import '../support/roles';
import { recordingLog } from '../support/log';
import { controlMonotonicClock } from '../support/monotonic';
import { OidcProvider } from '../support/oidc';

const log = createLog('silent', 'test');
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-identity-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('tokens of an issuer', () => {
  let provider: OidcProvider;
  let authenticator: Authenticator;
  const settings = () => ({
    issuer: provider.issuer,
    audience: 'ordergraph',
    algorithms: ['ES256'],
    clockToleranceSeconds: 5,
    claims: { roles: 'realm.roles' },
    roles: { 'gov-analyst': 'analyst', 'gov-ig': 'inspector', 'gov-review': 'agency-reviewer' },
    agencies: ['nsa'],
    organizations: ['alder'],
  });
  const authenticatorOf = (content: object = settings()): Authenticator => {
    writeFileSync(join(folder, 'issuers.json'), JSON.stringify([content]));
    return new Authenticator(readIssuers(join(folder, 'issuers.json')).map((issuer) => Issuer.remote(issuer, log)));
  };
  const authenticate = async (token: string, by = authenticator) => by.authenticate(`Bearer ${token}`);
  beforeEach(async () => {
    provider = await OidcProvider.start();
    authenticator = authenticatorOf();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    provider.stop();
  });

  test('maps the claims of a token to a principal as configured', async () => {
    const token = await provider.token({ realm: { roles: ['gov-analyst', 'janitor'] }, agency: 'nsa', scope: 'a b' });
    expect(await authenticate(token)).toEqual({
      issuer: provider.issuer,
      subject: 'someone',
      roles: ['analyst'],
      governmentRoles: ['analyst'],
      organization: null,
      agency: 'nsa',
      caseNumber: null,
      scopes: ['a', 'b'],
    });
    expect(await authenticator.authenticate(undefined)).toBeNull();
  });

  test('verifies a token once, with keys that are fetched once', async () => {
    const token = await provider.token();
    const first = await authenticate(token);
    expect(authenticator.authenticate(`Bearer ${token}`)).toBe(first);
    await authenticate(await provider.token({ sub: 'another' }));
    expect(provider.requests.filter((path) => path === '/keys')).toHaveLength(1);
  });

  test.each<[string, (provider: OidcProvider) => Promise<string> | string, RegExp]>([
    ['without a signature', () => `${base64({ alg: 'none' })}.${base64({ iss: provider.issuer })}.`, /send "auth/],
    [
      'whose algorithm is "none"',
      () => `${base64({ alg: 'none' })}.${base64({ iss: provider.issuer, sub: 'x', exp: seconds() + 60 })}.AAAA`,
      /algorithm is not allowed/,
    ],
    [
      'signed with the public key as a shared secret',
      (of) => {
        const content = `${base64({ alg: 'HS256', kid: of.publicKey.kid })}.${base64({ iss: of.issuer, aud: 'ordergraph', sub: 'x', exp: seconds() + 60 })}`;
        return `${content}.${createHmac('sha256', JSON.stringify(of.publicKey)).update(content).digest('base64url')}`;
      },
      /algorithm is not allowed/,
    ],
    ['that have expired', (of) => of.token({ exp: seconds() - 60 }), /expired/],
    ['that are not valid yet', (of) => of.token({ nbf: seconds() + 600 }), /"nbf" is not valid/],
    ['without an expiry', (of) => of.token({ exp: undefined }), /missing claim "exp"/],
    ['for logging out', (of) => of.token({}, { typ: 'logout+jwt' }), /not an access token/],
    ['of an event', (of) => of.token({}, { typ: 'application/secevent+jwt' }), /not an access token/],
    ['for another audience', (of) => of.token({ aud: 'someone-else' }), /"aud" is not valid/],
    ['of another issuer', (of) => of.token({ iss: 'https://evil.example' }), /unknown issuer/],
    ['that were altered', async (of) => `${(await of.token()).slice(0, -6)}AAAAAA`, /bad signature/],
    ['of a subject that could forge log lines', (of) => of.token({ sub: 'a\nb' }), /has no valid subject/],
    ['that are too long', (of) => of.token({ filler: 'x'.repeat(10_000) }), /too long/],
    [
      'of a role without the claim that it needs',
      (of) => of.token({ realm: { roles: ['gov-ig'] } }),
      /requires caseNumber=/,
    ],
    ['that are not tokens', () => 'abc', /send "authorization: Bearer <token>"/],
  ])('rejects tokens: %s', async (_what, create, message) => {
    const error = await authenticate(await create(provider)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 401, message: expect.stringMatching(message) });
  });

  test('fetches keys once for a new key, however many unknown key ids callers invent', async () => {
    await authenticate(await provider.token());
    await provider.rotate();
    // past the pause between two fetches
    controlMonotonicClock().advance(20_000);
    const tokens = await Promise.all([1, 2, 3].map((n) => provider.token({ sub: `s${n}` })));
    await Promise.all(tokens.map((token) => authenticate(token)));
    for (let i = 0; i < 20; i++)
      await expect(authenticate(await provider.token({}, { kid: `made-up-${i}` }))).rejects.toMatchObject({
        status: 401,
      });
    expect(provider.requests.filter((path) => path === '/keys').length).toBeLessThanOrEqual(2);
  });

  test('follows an issuer that moves its keys', async () => {
    await authenticate(await provider.token());
    provider.keysPath = '/moved';
    await provider.rotate();
    controlMonotonicClock().advance(20_000);
    expect(await authenticate(await provider.token({ sub: 'later' }))).toMatchObject({ subject: 'later' });
  });

  test('accepts tokens by cached keys while the issuer is down, else reports the outage', async () => {
    await authenticate(await provider.token());
    provider.isDown = true;
    expect(await authenticate(await provider.token({ sub: 'later' }))).toMatchObject({ subject: 'later' });
    const fresh = authenticatorOf();
    await expect(authenticate(await provider.token(), fresh)).rejects.toMatchObject({
      status: 503,
      extensions: { code: 'AUTHENTICATION_UNAVAILABLE' },
    });
  });

  test('gives no role for a claim that is the name of a prototype property', async () => {
    const token = await provider.token({ realm: { roles: ['constructor', '__proto__', 'toString'] } });
    expect(await authenticate(token)).toMatchObject({ roles: [] });
  });

  test('rejects a revoked token within a second', async () => {
    const file = join(folder, 'revoked');
    writeFileSync(file, '# none yet\n');
    const revocations = new Revocations(file, log);
    const strict = new Authenticator(
      readIssuers(join(folder, 'issuers.json')).map((issuer) => Issuer.remote(issuer, log)),
      { isRevoked: (token, principal) => revocations.has(token, principal) },
    );
    const [first, second] = [await provider.token({ jti: 'a-1' }), await provider.token({ sub: 'gone' })];
    expect(await authenticate(first, strict)).toMatchObject({ subject: 'someone' });
    expect(await authenticate(second, strict)).toMatchObject({ subject: 'gone' });
    writeFileSync(file, 'a-1\nsub:gone\n');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    for (const token of [first, second])
      await expect((async () => authenticate(token, strict))()).rejects.toMatchObject({
        message: expect.stringContaining('revoked'),
      });
  });

  test.each(['#a', 'a  b', 'a b', ' a', 'a\t', '{"jti":"a"}', 'sub:someone', 'a"b', 'a\nb', ''])(
    'revokes exactly the tokens with the id or subject %j by a line of JSON',
    (id) => {
      const file = join(folder, 'revoked-names');
      const ids = ['#a', 'a  b', 'a b', 'a', ' a', 'a\t', '{"jti":"a"}', 'sub:someone', 'someone', 'a"b', 'a\nb', ''];
      const issuer = 'https://id.example.gov';
      const of = (subject: string, by = issuer) => ({ issuer: by, subject }) as Principal;
      for (const limit of [{}, { issuer }])
        for (const claim of ['jti', 'sub'] as const) {
          writeFileSync(file, `# revoked\n${JSON.stringify({ ...limit, [claim]: id })}\n`);
          const revocations = new Revocations(file, log);
          const has = (name: string, by?: string) =>
            claim === 'jti'
              ? revocations.has({ id: name, issuer: by ?? issuer }, of('x', by))
              : revocations.has({ id: 'x', issuer: by ?? issuer }, of(name, by));
          expect(ids.filter((name) => has(name))).toEqual([id]);
          expect(has(id, 'https://other.example.gov')).toBe(!('issuer' in limit));
        }
    },
  );

  test.each(['{"jti": 1}', '{"jti": "a", "sub": "b"}', '{"issuer": "https://id.example.gov"}', '{"jti": "a"', '{}'])(
    'rejects a file of revoked tokens with the line %s',
    (line) => {
      const file = join(folder, 'revoked-wrong');
      writeFileSync(file, `a-1\n${line}\n`);
      expect(() => new Revocations(file, log)).toThrow(/line 2 is not a revocation/);
    },
  );

  /** An authenticator with a limit, and the tokens whose signatures it has checked. */
  const counting = (maxInvalidTokens: number) => {
    const checks = jest.spyOn(crypto.subtle, 'verify');
    const by = new Authenticator(
      readIssuers(join(folder, 'issuers.json')).map((issuer) => Issuer.remote(issuer, log)),
      { maxInvalidTokens },
    );
    const from = (ip: string) => async (token: string) => by.authenticate(`Bearer ${token}`, { ip });
    return { checks, from };
  };
  const status = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 200,
      (error: { status: number }) => error.status,
    );
  /** Valid except for its signature. */
  const forged = async (jti: string) => {
    const [header, payload] = (await provider.token({ jti })).split('.');
    return `${header}.${payload}.${'A'.repeat(86)}`;
  };

  test('rejects tokens for visible flaws without a signature check or a limit', async () => {
    const { checks, from } = counting(3);
    const address = from('192.0.2.1');
    await address(await provider.token());
    checks.mockClear();
    const bad = [
      'a1.b.c',
      `${base64({ alg: 'none' })}.${base64({ iss: provider.issuer })}.AAAA`,
      `${base64({ alg: 'ES256' })}.bm8.AAAA`,
      await provider.token({ exp: seconds() - 60 }),
      await provider.token({ aud: 'elsewhere' }),
      await provider.token({ aud: undefined }),
      await provider.token({ exp: undefined }),
      await provider.token({ iss: 'https://evil.example' }),
      await provider.token({}, { kid: 'unknown' }),
      await provider.token({}, { typ: 'logout+jwt' }),
    ];
    for (let round = 0; round < 20; round++) for (const token of bad) expect(await status(address(token))).toBe(401);
    expect(checks).toHaveBeenCalledTimes(0);
    expect(await status(address(await provider.token({ jti: 'new' })))).toBe(200);
    for (const typ of ['JWT', 'at+jwt', 'application/at+jwt'])
      expect(await status(address(await provider.token({ jti: typ }, { typ })))).toBe(200);
  });

  test('bounds signature checks for a flooding address and accepts its valid tokens', async () => {
    const clock = controlMonotonicClock();
    const { checks, from } = counting(60);
    const [flooded, otherAddress] = [from('192.0.2.1'), from('192.0.2.2')];
    const knownToken = await provider.token({ jti: 'known', exp: seconds() + 3_600 });
    expect(await status(flooded(knownToken))).toBe(200);
    checks.mockClear();
    const statuses: number[] = [];
    for (let i = 0; i < 300; i++) statuses.push(await status(flooded(await forged(`flood-${i}`))));
    // the 60 per minute, and one second of the reserve
    expect(checks).toHaveBeenCalledTimes(60 + RESERVED_PER_SECOND);
    expect(statuses.filter((httpStatus) => httpStatus === 429)).toHaveLength(300 - 60 - RESERVED_PER_SECOND);
    expect(await status(flooded(knownToken))).toBe(200);
    expect(await status(otherAddress(await provider.token({ jti: 'there' })))).toBe(200);
    const another = await provider.token({ jti: 'here' });
    expect(await flooded(another).catch((error) => error)).toMatchObject({
      status: 429,
      retrySeconds: 1,
      extensions: { code: 'TOO_MANY_REQUESTS' },
    });
    // as the response says, it retries after a second, next to forged tokens at half the reserved rate
    clock.advance(1_000);
    for (let i = 0; i < RESERVED_PER_SECOND / 2; i++) await status(flooded(await forged(`more-${i}`)));
    expect(await status(flooded(another))).toBe(200);
    // and a token that was valid before is verified again, beyond all limits
    for (let i = 0; i < 100; i++) await status(flooded(await forged(`still-${i}`)));
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 301_000);
    checks.mockClear();
    expect(await status(flooded(knownToken))).toBe(200);
    expect(checks).toHaveBeenCalledTimes(1);
  });

  test('does not count valid tokens, and verifies identical ones once', async () => {
    const { checks, from } = counting(3);
    const address = from('192.0.2.1');
    const same = await provider.token({ jti: 'same' });
    await address(await provider.token());
    checks.mockClear();
    expect(await Promise.all(Array.from({ length: 50 }, () => status(address(same))))).toEqual(Array(50).fill(200));
    expect(checks).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 200; i++) expect(await status(address(await provider.token({ jti: `${i}` })))).toBe(200);
  });

  test('counts forged tokens by IPv6 network and by IPv4 address in any notation', () => {
    expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe(addressKey('2001:db8:1:2::1'));
    expect(addressKey('2001:db8:1:2::1')).not.toBe(addressKey('2001:db8:1:3::1'));
    expect([addressKey('::1'), addressKey('fe80::1%eth0'), addressKey('1::')]).toEqual([
      '0:0:0:0::/64',
      'fe80:0:0:0::/64',
      '1:0:0:0::/64',
    ]);
  });

  test.each([
    [
      '192.0.2.1',
      ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1:4711', '192.0.2.1:4712'],
    ],
    [
      '2001:db8:1:2::1',
      ['[2001:db8:1:2::2]', '[2001:db8:1:2::3]:4711', '2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::7%eth0'],
    ],
    ['unknown', ['', '_hidden', 'x'.repeat(5_000), '192.0.2.1, 192.0.2.2', '192.0.2.1:x', '[::1', '1.2.3']],
  ])('counts forged tokens together for %s, however a proxy writes it', (address, others) => {
    for (const notation of others) expect([notation, addressKey(notation)]).toEqual([notation, addressKey(address)]);
    expect(addressKey(address).length).toBeLessThan(50);
  });

  test.each(['/keys', '/.well-known/openid-configuration'])(
    'does not read %s without end, and verifies no token meanwhile',
    async (path) => {
      provider.flooded = path;
      await expect(authenticate(await provider.token())).rejects.toMatchObject({ status: 503 });
      // data in transit are in buffers on both sides
      expect(provider.floodedBytes).toBeLessThan(32 * 1024 * 1024);
      provider.flooded = undefined;
      controlMonotonicClock().advance(20_000);
      expect(await authenticate(await provider.token())).toMatchObject({ subject: 'someone' });
    },
  );

  test('fetches no keys for invented key ids while the issuer fails', async () => {
    const clock = controlMonotonicClock();
    await authenticate(await provider.token());
    provider.isDown = true;
    const fetches = () => provider.requests.length;
    const before = fetches();
    for (let i = 0; i < 20; i++) await status(authenticate(await provider.token({}, { kid: `made-up-${i}` })));
    expect(fetches()).toBe(before);
    clock.advance(20_000);
    for (let i = 0; i < 20; i++) await status(authenticate(await provider.token({}, { kid: `later-${i}` })));
    expect(fetches()).toBe(before + 1);
  });

  test('gives no role for an unmapped name, even one of ours, and logs it once', async () => {
    const { log: recorded, lines } = recordingLog();
    writeFileSync(join(folder, 'issuers.json'), JSON.stringify([settings()]));
    const issuers = readIssuers(join(folder, 'issuers.json')).map((issuer) => Issuer.remote(issuer, recorded));
    const by = new Authenticator(issuers);
    for (const sub of ['a', 'b']) {
      const token = await provider.token({ sub, realm: { roles: [...roleNames(), 'gov-analyst'] }, agency: 'nsa' });
      expect(await authenticate(token, by)).toMatchObject({ roles: ['analyst'] });
    }
    const warned = lines.filter(({ msg }) => /do not map/.test(String(msg)));
    expect(warned.map(({ role }) => role).sort()).toEqual([...roleNames()].sort());
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['an agency', { agency: 'cia' }, 'agency "cia"'],
    ['an agency, for a role that needs none', { realm: { roles: [] }, agency: 'treasury' }, 'agency "treasury"'],
    ['an organization', { organization: 'birch' }, 'organization "birch"'],
  ])('rejects a token whose claim of %s its issuer may not make', async (_what, claims, claim) => {
    const error = await authenticate(await provider.token(claims)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      status: 401,
      message: `Invalid token: its issuer may not claim the ${claim}; contact the operator of this graph with the reference`,
    });
  });

  test('accepts tokens of an issuer that may claim an agency and an organization', async () => {
    const token = await provider.token({ realm: { roles: ['gov-review'] }, agency: 'nsa', organization: 'alder' });
    expect(await authenticate(token)).toMatchObject({
      agency: 'nsa',
      organization: 'alder',
      roles: ['agency-reviewer'],
    });
    const all = authenticatorOf({ ...settings(), agencies: '*', organizations: '*' });
    const plain = await provider.token({ agency: 'cia', organization: 'birch' });
    expect(await authenticate(plain, all)).toMatchObject({ agency: 'cia', organization: 'birch' });
  });

  test('treats the same subject of two issuers as two persons everywhere', async () => {
    const second = await OidcProvider.start();
    try {
      const file = join(folder, 'issuers.json');
      writeFileSync(file, JSON.stringify([settings(), { ...settings(), issuer: second.issuer }]));
      const revoked = join(folder, 'revoked');
      writeFileSync(revoked, `${second.issuer} sub:gone\n${second.issuer}   stolen\n`);
      const revocations = new Revocations(revoked, log);
      const by = new Authenticator(
        readIssuers(file).map((issuer) => Issuer.remote(issuer, log)),
        { isRevoked: (token, principal) => revocations.has(token, principal) },
      );
      const [ofFirst, ofSecond] = [
        await authenticate(await provider.token(), by),
        await authenticate(await second.token(), by),
      ] as [Principal, Principal];
      expect({ ...ofSecond, issuer: ofFirst.issuer }).toEqual(ofFirst);
      expect(principalKey(ofFirst)).not.toBe(principalKey(ofSecond));
      expect(personKey(ofFirst)).not.toBe(personKey(ofSecond));
      // restrictions of one issuer's tokens do not affect the other's
      for (const claims of [{ sub: 'gone' }, { jti: 'stolen' }]) {
        expect(await authenticate(await provider.token(claims), by)).toMatchObject({ issuer: provider.issuer });
        await expect(authenticate(await second.token(claims), by)).rejects.toThrow(/revoked/);
      }
      // unless the operator says that both name each person alike
      writeFileSync(
        file,
        JSON.stringify([settings(), { ...settings(), issuer: second.issuer, subjectsOf: provider.issuer }]),
      );
      const shared = new Authenticator(
        readIssuers(file).map((issuer) => Issuer.remote(issuer, log)),
        { isRevoked: (token, principal) => revocations.has(token, principal) },
      );
      expect(await authenticate(await second.token(), shared)).toEqual(ofFirst);
      for (const claims of [{ sub: 'gone' }, { jti: 'stolen' }])
        await expect(authenticate(await second.token(claims), shared)).rejects.toThrow(/revoked/);
      writeFileSync(revoked, `${provider.issuer} sub:gone\n`);
      expect(
        new Revocations(revoked, log).has({ id: undefined, issuer: second.issuer }, { ...ofFirst, subject: 'gone' }),
      ).toBe(true);
      writeFileSync(file, JSON.stringify([{ ...settings(), subjectsOf: second.issuer }]));
      expect(() => readIssuers(file)).toThrow(/at 0\.subjectsOf: .* is not an issuer of this list/);
    } finally {
      second.stop();
    }
  });

  test.each<[string, object, RegExp]>([
    [
      'an unknown agency',
      { agencies: ['nsa', 'tresury'] },
      /"tresury" is not the key of an agency; did you mean "treasury"/,
    ],
    [
      'a role for an agency and no agency',
      { agencies: undefined },
      /at 0\.agencies: list the keys .* or "\*": its role agency-reviewer requires one agency/,
    ],
    [
      'a role for an organization and no organization',
      { roles: { dev: 'developer-submitter' }, organizations: [] },
      /at 0\.organizations: .*developer-submitter/,
    ],
    ['an insecure address', { issuer: 'http://id.example.gov' }, /0\.issuer: must be https/],
    ['a shared-secret algorithm', { algorithms: ['HS256'] }, /0\.algorithms\.0/],
    ['an unknown role', { roles: { boss: 'king' } }, /0\.roles\.boss/],
    ['an unknown setting', { audiance: 'x' }, /audiance/],
  ])('rejects a file of issuers with %s and says what is wrong', (_what, change, message) => {
    writeFileSync(join(folder, 'issuers.json'), JSON.stringify([{ ...settings(), ...change }]));
    expect(() => readIssuers(join(folder, 'issuers.json'))).toThrow(message);
  });
});

test('rejects an issuer that is listed twice', () => {
  const entry = { issuer: 'https://id.example.gov', audience: 'ordergraph' };
  writeFileSync(join(folder, 'issuers.json'), JSON.stringify([entry, { ...entry, roles: { boss: 'analyst' } }]));
  expect(() => readIssuers(join(folder, 'issuers.json'))).toThrow(/at 1\.issuer: .* is listed twice/);
});

describe('the development issuer', () => {
  test('lets only its owner read the development key, and marks its tokens', async () => {
    const issuer = await DevelopmentIssuer.in(folder);
    expect(statSync(join(folder, 'development-issuer.json')).mode & 0o777).toBe(0o600);
    const token = await issuer.token(parsePrincipal('role=analyst; subject=ann'), 60);
    expect(decodeJwt(token).iss).toMatch(/development-only/);
    const again = new Authenticator([(await DevelopmentIssuer.in(folder)).issuer]);
    expect(await again.authenticate(`Bearer ${token}`)).toMatchObject({ subject: 'ann', roles: ['analyst'] });
  });

  test('refuses to run the development issuer on a public address or in production', () => {
    expect(() => requireDevelopment('127.0.0.1', '')).not.toThrow();
    expect(() => requireDevelopment('0.0.0.0', '')).toThrow(/listen on 0\.0\.0\.0/);
    expect(() => requireDevelopment('127.0.0.1', 'production')).toThrow(/production/);
    for (const name of ['Production', ' production ', 'prod', 'staging', 'PRODUCTION'])
      expect([name, readConfig({}, { NODE_ENV: name }).nodeEnv]).toEqual([name, 'production']);
    for (const name of ['', 'development', 'test']) expect(readConfig({}, { NODE_ENV: name }).nodeEnv).toBe(name);
  });
});

describe('identity checks of a subgraph', () => {
  const reviewer = parsePrincipal('role=agency-reviewer; agency=nsa; subject=r');
  const enter = (door: SignedDoor, token?: string) =>
    door.enter(token === undefined ? {} : { [IDENTITY_HEADER]: token });

  test('accepts callers whose identity the gateway signed, including the public', async () => {
    const key = await newKey();
    const signer = await IdentitySigner.of(key);
    const door = new SignedDoor({ current: { keys: [publicKey(key)] } }, 'reviews');
    const token = await signer.sign(reviewer, 'reviews');
    expect(await enter(door, token)).toEqual(reviewer);
    expect(reviewer.issuer).toBe(DEVELOPMENT_ISSUER);
    expect(await enter(door, await signer.sign(null, 'reviews'))).toBeNull();
    expect(await signer.sign(reviewer, 'reviews')).toBe(token);
    expect(await signer.sign({ ...reviewer, subject: 's' }, 'reviews')).not.toBe(token);
  });

  test('rejects a caller without an issuer, who would match a person of every issuer', async () => {
    const key = await newKey();
    const signer = await IdentitySigner.of(key);
    const door = new SignedDoor({ current: { keys: [publicKey(key)] } }, 'reviews');
    for (const issuer of [undefined, '', 'two words', 7])
      await expect(
        enter(door, await signer.sign({ ...reviewer, issuer } as unknown as Principal, 'reviews')),
      ).rejects.toMatchObject({ flaw: 'malformed' });
  });

  test('rejects an identity two minutes after it was signed, whatever its expiry', async () => {
    const key = await newKey();
    const door = new SignedDoor({ current: { keys: [publicKey(key)] } }, 'reviews');
    const { secret, id } = signingKeyOf(key);
    const token = await new SignJWT({ public: true })
      .setProtectedHeader({ alg: 'EdDSA', kid: id })
      .setIssuer('ordergraph-gateway')
      .setAudience('reviews')
      .setIssuedAt()
      .setExpirationTime('1 day')
      .sign(secret);
    const clock = controlMonotonicClock();
    const signedAt = Date.now();
    /** Whether it accepts an identity after this long. */
    const opensAfter = async (passed: number, advanced: number): Promise<boolean> => {
      clock.advance(advanced);
      jest.useFakeTimers({
        now: signedAt + passed,
        doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'setTimeout', 'clearTimeout'],
      });
      try {
        await enter(door, token);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ flaw: 'stale' });
        return false;
      } finally {
        jest.useRealTimers();
        // the cache reads the clock once per millisecond
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    expect(await opensAfter(0, 0)).toBe(true);
    expect(await opensAfter(100_000, 100_000)).toBe(true);
    expect(await opensAfter(200_000, 100_000)).toBe(false);
    jest.restoreAllMocks();
  });

  test('rejects every other caller and counts the reason', async () => {
    const [key, foreign] = [await newKey(), await newKey()];
    const signer = await IdentitySigner.of(key);
    const door = new SignedDoor({ current: { keys: [publicKey(key)] } }, 'reviews');
    const good = await signer.sign(reviewer, 'reviews');
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const promoted = base64({ ...decodeJwt(good), principal: { ...reviewer, roles: ['inspector'] } });
    jest.useFakeTimers({ now: Date.now() - 200_000, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const stale = await (await IdentitySigner.of(key)).sign(reviewer, 'reviews');
    jest.useRealTimers();
    for (const token of [
      undefined,
      '',
      'abc',
      await signer.sign(reviewer, 'workforce'),
      // signed for several subgraphs
      await signer.sign(reviewer, ['reviews', 'workforce'] as unknown as string),
      await (await IdentitySigner.of(foreign)).sign(reviewer, 'reviews'),
      await (await IdentitySigner.of({ ...foreign, kid: key.kid })).sign(reviewer, 'reviews'),
      `${header}.${promoted}.${signature}`,
      `${base64({ alg: 'none' })}.${payload}.`,
    ])
      await expect(enter(door, token)).rejects.toMatchObject({
        message: 'This subgraph accepts requests only from the gateway',
      });
    await expect(enter(door, stale)).rejects.toMatchObject({ extensions: { code: 'IDENTITY_CLOCK_SKEW' } });
    expect(Object.fromEntries(door.refused)).toEqual({
      unsigned: 2,
      malformed: 1,
      stale: 1,
      misdirected: 2,
      forged: 4,
    });
  });

  test('accepts a new key without a restart while the old one is still valid', async () => {
    const { identityKey: secret, identityKeys: open, auditKeys } = await writeKeys(folder);
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    const sealing = readFileSync(auditKeys, 'utf8');
    expect(sealing).not.toContain('"d"');
    expect(readFileSync(open, 'utf8')).not.toContain('"d"');
    const door = new SignedDoor(readIdentityKeys(open), 'reviews');
    const before = await (await IdentitySigner.of(readPrivateKey(secret, 'The key'))).sign(reviewer, 'reviews');
    await writeKeys(folder);
    expect(readFileSync(auditKeys, 'utf8')).toBe(sealing);
    const after = await (await IdentitySigner.of(readPrivateKey(secret, 'The key'))).sign(reviewer, 'reviews');
    expect(await enter(door, after)).toEqual(reviewer);
    expect(await enter(door, before)).toEqual(reviewer);
    expect(() => readIdentityKeys(secret)).toThrow(/expected a set of public keys/);
  });

  test('rejects cached identities of a removed key even before an unknown key is used', async () => {
    const { identityKey: secret, identityKeys: open } = await writeKeys(folder);
    const door = new SignedDoor(readIdentityKeys(open), 'reviews');
    const signer = signerOf(secret, log);
    const before = await signer.sign(reviewer, 'reviews');
    expect(await enter(door, before)).toEqual(reviewer);
    await writeKeys(folder);
    const clock = controlMonotonicClock();
    clock.advance(1_000);
    const after = await signer.sign(reviewer, 'reviews');
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    expect(await enter(door, after)).toEqual(reviewer);
    expect(await enter(door, before)).toEqual(reviewer);
    expect(pruneKeys(folder)[0]!.removed).toBeGreaterThan(0);
    clock.advance(1_000);
    await expect(enter(door, before)).rejects.toMatchObject({ flaw: 'forged' });
    expect(await enter(door, after)).toEqual(reviewer);
    jest.restoreAllMocks();
  });
});

describe('the keys that seal records', () => {
  const fileOf = (name: string) => auditKeyIn(folder, name);
  const kidOf = (file: string) => readPrivateKey(file, 'a key').kid;
  const listed = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { keys: SealKey[] }).keys;

  test('creates one sealing key per subgraph, and public keys that name the subgraph', async () => {
    const { sealKeys, gatewaySealKeys, auditKeys } = await writeKeys(folder);
    for (const name of PROGRAMS) expect(statSync(fileOf(name)).mode & 0o777).toBe(0o600);
    expect(new Set(PROGRAMS.map((name) => kidOf(fileOf(name)))).size).toBe(PROGRAMS.length);
    for (const file of [sealKeys, gatewaySealKeys, auditKeys])
      expect(listed(file)).toEqual(
        PROGRAMS.map((name) => expect.objectContaining({ subgraph: name, kid: kidOf(fileOf(name)) })),
      );
    expect(readFileSync(auditKeys, 'utf8')).not.toContain('"d"');
  });

  test('rotates sealing keys one by one without a restart, and keeps the old ones', async () => {
    const { sealKeys, auditKeys } = await writeKeys(folder);
    const keys = new SealKeys([], readSealKeys(sealKeys));
    const before = kidOf(fileOf('reviews'))!;
    expect(keys.subgraphsOf(before)).toEqual(new Set(['reviews']));
    rmSync(fileOf('reviews'));
    await writeKeys(folder);
    const after = kidOf(fileOf('reviews'))!;
    expect(after).not.toBe(before);
    for (const kid of [before, after]) expect(keys.subgraphsOf(kid)).toEqual(new Set(['reviews']));
    expect(keys.subgraphsOf('another')).toBeUndefined();
    expect(listed(auditKeys)).toHaveLength(PROGRAMS.length + 1);
  });

  test('keeps the shared sealing key of an earlier release as a key of each subgraph', async () => {
    const { auditKeys } = keyFilesIn(folder);
    const shared = publicKey(await newKey());
    mkdirSync(dirname(auditKeys), { recursive: true });
    writeFileSync(auditKeys, JSON.stringify({ keys: [shared] }));
    expect(() => readSealKeys(auditKeys)).toThrow(
      /each with a "kid" and a "subgraph"; to add subgraphs .* run `ordergraph keys FOLDER`/,
    );
    for (let times = 0; times < 2; times++) {
      await writeKeys(folder);
      const earlier = listed(auditKeys).filter(({ kid }) => kid === shared.kid);
      expect(earlier.map(({ subgraph }) => subgraph)).toEqual([...PROGRAMS]);
      expect(listed(auditKeys)).toHaveLength(2 * PROGRAMS.length);
    }
    expect(PROGRAMS.map((name) => kidOf(fileOf(name)))).not.toContain(shared.kid);
  });

  test('does not start a subgraph with a sealing key that is not its own', async () => {
    const { sealKeys } = await writeKeys(folder);
    const environment = (file: string) => ({ ORDERGRAPH_AUDIT_KEYS: sealKeys, ORDERGRAPH_AUDIT_KEY: file });
    const settingsOf = (file: string) => settingsBySubgraph(openSettings, { data: folder }, environment(file));
    const open = (name: string, file: string) => auditLog(name, settingsOf(file)(name), log);
    await expect(open('reviews', fileOf('workforce'))).rejects.toThrow(
      /The key that seals the record of reviews is also a key of workforce/,
    );
    const otherFolder = join(folder, 'other');
    await writeKeys(otherFolder);
    await expect(open('reviews', auditKeyIn(otherFolder, 'reviews'))).rejects.toThrow(/is not one of its public keys/);
    await expect(requireOwnKeys(['reviews', 'workforce'], settingsOf(fileOf('reviews')))).rejects.toThrow(
      'The same key seals the records of reviews and workforce',
    );
    await (await open('reviews', fileOf('reviews'))).close();
    await requireOwnKeys(PROGRAMS, settingsBySubgraph(openSettings, { data: folder }, {}));
  });
});

describe('the keys of events', () => {
  const fileOf = (name: string) => eventKeyIn(folder, name);
  const environment = (sender = 'reviews') => ({ own: new Map([['reviews', fileOf(sender)]]), senders: '' });
  const keysOf = (senders: string, sender?: string) => readEventKeys({ ...environment(sender), senders });

  test('creates one event key per subgraph, and reloads keys until they are pruned', async () => {
    const { eventKeys } = await writeKeys(folder);
    for (const name of EVENT_READERS) expect(statSync(fileOf(name)).mode & 0o777).toBe(0o600);
    expect(new Set(EVENT_READERS.map((name) => readFileSync(fileOf(name), 'utf8'))).size).toBe(EVENT_READERS.length);
    expect(readFileSync(eventKeys, 'utf8')).not.toContain('"d"');
    const keys = keysOf(eventKeys);
    const bus = new SignedMessages('p', keys);
    const before = bus.sign('event', 'reviews', '{}');
    const unchanged = readFileSync(eventKeys, 'utf8');
    await writeKeys(folder);
    expect(readFileSync(eventKeys, 'utf8')).toBe(unchanged);
    rmSync(fileOf('reviews'));
    await writeKeys(folder);
    const clock = controlMonotonicClock();
    clock.advance(1_000);
    const after = bus.sign('event', 'reviews', '{}');
    expect(JSON.parse(after).kid).not.toBe(JSON.parse(before).kid);
    for (const message of [before, after]) expect(bus.open('event', message)).toEqual({ from: 'reviews', body: '{}' });
    expect(pruneKeys(folder).find(({ file }) => file === eventKeys)).toMatchObject({ removed: 1 });
    clock.advance(1_000);
    expect(bus.open('event', before)).toEqual({ flaw: 'unknown-key' });
    expect(bus.open('event', after)).toEqual({ from: 'reviews', body: '{}' });
    jest.restoreAllMocks();
  });

  test('rejects event keys of another subgraph and public keys that two subgraphs share', async () => {
    const { eventKeys } = await writeKeys(folder);
    expect(() => keysOf(eventKeys, 'submissions')).toThrow(/event key of reviews .* is not one of its public keys/);
    const { keys } = JSON.parse(readFileSync(eventKeys, 'utf8'));
    writeFileSync(eventKeys, JSON.stringify({ keys: [...keys, { ...keys[0], subgraph: 'reviews' }] }));
    expect(() => keysOf(eventKeys)).toThrow(/is listed twice: each subgraph needs a separate key/);
    writeFileSync(eventKeys, JSON.stringify({ keys: [{ ...keys[0], subgraph: undefined }] }));
    expect(() => keysOf(eventKeys)).toThrow(/expected a set of event keys/);
  });
});

describe('the gateway', () => {
  const SDL =
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") type Query { who: String again: String }';
  let gateway: FastifyInstance;
  let issuer: DevelopmentIssuer;
  let received: SubgraphRequest[];
  let door: SignedDoor;
  beforeEach(async () => {
    issuer = await DevelopmentIssuer.in(folder);
    const key = await newKey();
    door = new SignedDoor({ current: { keys: [publicKey(key)] } }, 'who');
    received = [];
    gateway = await createGateway({
      supergraph: compose([{ name: 'who', sdl: SDL, url: 'http://who.example/' }]),
      config: readConfig({ logLevel: 'silent' }, {}),
      log,
      transport: () => ({
        shareable: true,
        async request(request) {
          received.push(request);
          // long enough for another request to arrive meanwhile
          await new Promise((resolve) => setTimeout(resolve, 50));
          const principal = await door.enter(request.headers);
          const bytes = Buffer.from(JSON.stringify({ data: { who: principal?.subject ?? 'the public' } }));
          return { headers: {}, bytes, read: () => JSON.parse(bytes.toString()) };
        },
        async close() {},
      }),
      forwardHeaders: [],
      identity: { authenticator: new Authenticator([issuer.issuer]), signer: await IdentitySigner.of(key) },
    });
  });
  afterEach(() => gateway.close());
  const ask = async (caller: string | null, headers: Record<string, string> = {}) => {
    const token =
      caller === null ? undefined : await issuer.token(parsePrincipal(`role=analyst; subject=${caller}`), 60);
    const response = await gateway.inject({
      method: 'POST',
      url: '/graphql',
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      payload: { query: '{ who }' },
    });
    return response.json().data?.who;
  };

  test('sends subgraphs the caller identity and never the token itself', async () => {
    expect(await ask('ann')).toBe('ann');
    expect(await ask(null)).toBe('the public');
    expect(received.map(({ headers }) => Object.keys(headers))).toEqual(
      Array(2).fill([REQUEST_ID_HEADER, IDENTITY_HEADER, ORIGIN_HEADER]),
    );
  });

  // F4
  test('shares running calls between requests of one principal, never between two', async () => {
    // the first request of an operation is not shared
    await ask('ann');
    received.length = 0;
    const answers = await Promise.all(['ann', 'bob', 'ann', 'bob', null, 'ann', null].map((caller) => ask(caller)));
    expect(answers).toEqual(['ann', 'bob', 'ann', 'bob', 'the public', 'ann', 'the public']);
    expect(received).toHaveLength(3);
  });

  test('accepts no identity from a client', async () => {
    const forged = await (await IdentitySigner.of(await newKey())).sign(
      parsePrincipal('role=analyst; subject=eve'),
      'who',
    );
    expect(await ask(null, { [IDENTITY_HEADER]: forged })).toBe('the public');
  });

  test('returns the log reference of a token that exceeds the claims of its issuer', async () => {
    const { log: recorded, lines } = recordingLog();
    const provider = await OidcProvider.start();
    const file = join(folder, 'issuers.json');
    writeFileSync(file, JSON.stringify([{ issuer: provider.issuer, audience: 'ordergraph' }]));
    const key = await newKey();
    const server = await createGateway({
      supergraph: compose([{ name: 'who', sdl: SDL, url: 'http://who.example/' }]),
      config: readConfig({ logLevel: 'silent' }, {}),
      log: recorded,
      transport: () => ({ shareable: true, request: () => Promise.reject(new Error('never')), async close() {} }),
      forwardHeaders: [],
      identity: {
        authenticator: new Authenticator(readIssuers(file).map((settings) => Issuer.remote(settings, recorded))),
        signer: await IdentitySigner.of(key),
      },
    });
    try {
      const authorization = `Bearer ${await provider.token({ agency: 'nsa' })}`;
      const response = await server.inject({
        method: 'POST',
        url: '/graphql',
        headers: { authorization },
        payload: {},
      });
      const [{ message, extensions }] = response.json().errors;
      expect([response.statusCode, message]).toEqual([401, expect.stringContaining('may not claim the agency "nsa"')]);
      const [line] = lines.filter(({ reference }) => reference === extensions.reference);
      expect(line).toMatchObject({
        level: 40,
        issuer: provider.issuer,
        subject: 'someone',
        claim: 'agency',
        value: 'nsa',
      });
      expect(extensions.reference).toBe(response.headers['x-request-id']);
    } finally {
      await server.close();
      provider.stop();
    }
  });

  test('rejects an invalid token before it reads the body, with WWW-Authenticate', async () => {
    const response = await gateway.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: 'Bearer x.y.z', 'content-type': 'application/json' },
      payload: '{ not even JSON',
    });
    expect([response.statusCode, response.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(response.json().errors[0]).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
    expect(received).toEqual([]);
  });
});
