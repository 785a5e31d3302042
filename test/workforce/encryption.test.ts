import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { openDoor } from '#base/identity/door';
import { parsePrincipal } from '#base/identity/principal';
import { Database } from '#kit/database/database';
import { personKeysOf } from '#kit/encryption/person-key';
import { keyUses, rewrapAll } from '#kit/encryption/rotation';
import { plain } from '#kit/encryption/value';
import { newWrappingKey, readWrappingKeys, type WrappingJwk } from '#kit/encryption/wrapping-keys';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { Candidate } from '../../subgraphs/workforce/application/application';
import { workforce } from '../../subgraphs/workforce/subgraph';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { kill, killAll, requireCompiled, run, waitForOutput } from '../support/processes';
import { hr } from './inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const CLOCK = '2026-06-15T14:00:00.000Z';
const PLAIN = ['Grace Plaintext', 'grace@plain.example', '555-0199', 'resume/plain-7'];
const PERSON = { name: PLAIN[0], email: PLAIN[1], phone: PLAIN[2], resumeRef: PLAIN[3] };

/** A workforce subgraph on its own database and key file, and calls of it as HR of NSA. */
class Setting {
  private calls = 0;
  private constructor(
    readonly databases: TestDatabases,
    readonly folder: string,
    readonly keyFile: string,
  ) {}

  static async create(kind: 'sqlite' | 'mysql'): Promise<Setting> {
    const databases = await freshDatabases(kind, ['workforce']);
    const folder = mkdtempSync(join(tmpdir(), 'ordergraph-keys-'));
    const setting = new Setting(databases, folder, join(folder, 'person-keys.json'));
    setting.writeKeys([await newWrappingKey()]);
    return setting;
  }

  get url(): string {
    return this.databases.url('workforce');
  }

  get keys(): WrappingJwk[] {
    return JSON.parse(readFileSync(this.keyFile, 'utf8')).keys;
  }

  /** Replaces the file, as an operator does. */
  writeKeys(keys: readonly WrappingJwk[]): void {
    writeFileSync(`${this.keyFile}.new`, JSON.stringify({ keys }));
    renameSync(`${this.keyFile}.new`, this.keyFile);
  }

  open(): Promise<OpenSubgraph> {
    const door = openDoor(parsePrincipal(hr('nsa')));
    return workforce.open({ databaseUrl: this.url, door, wrappingKeys: readWrappingKeys(this.keyFile) });
  }

  async call(open: OpenSubgraph, mutation: string, input: Loose, fields: string): Promise<Loose> {
    this.calls += 1;
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    return open.execute({
      query: `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields} } }`,
      variables: { input: { idempotencyKey: `call-${this.calls}`, ...input } },
    });
  }

  async record(open: OpenSubgraph, person: Loose = PERSON): Promise<Loose> {
    const { data, errors } = await this.call(open, 'recordCandidate', person, 'candidate { id revision name email }');
    expect(errors).toBeUndefined();
    return data.recordCandidate.candidate;
  }

  async drop(): Promise<void> {
    await this.databases.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Everything that a database stores: the bytes of its files on SQLite, all rows on MySQL. */
async function contentOf({ database }: { database: Database }): Promise<string> {
  const { address } = database;
  if (address.kind === 'sqlite') {
    const folder = dirname(address.file);
    const files = readdirSync(folder).filter((name) => name.startsWith(basename(address.file)));
    return files.map((name) => readFileSync(join(folder, name), 'latin1')).join('\n');
  }
  const rows = await Promise.all(
    workforce.parts.entities.map((entity) => database.query(`SELECT * FROM ${database.table(entity)}`)),
  );
  return JSON.stringify(rows);
}

/** Inserts people straight into the database. */
async function insertPeople({ database }: OpenSubgraph, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, place) => `cnd_${String(place).padStart(26, '0')}`);
  await database.transaction((inside) =>
    inside.insert(
      Candidate,
      ids.map((id, place) => ({
        ...{ id, encryptedName: plain(`Person ${place}`), encryptedEmail: null, encryptedPhone: null },
        ...{ encryptedResumeRef: null, agencyKey: 'nsa', status: 'ACTIVE' as const, retainUntil: null },
        ...{ legalHold: null, revision: 1, exercise: false },
      })),
    ),
  );
  return ids;
}

/** Reads a candidate by a change of it, since no root field returns candidates. */
async function read(setting: Setting, open: OpenSubgraph, id: string): Promise<Loose> {
  const [row] = await open.database.query<{ version: number }>('SELECT version FROM candidate WHERE id = ?', [id]);
  return setting.call(
    open,
    'releaseCandidate',
    { id, expectedRevision: Number(row!.version) },
    'candidate { id status name }',
  );
}

describe.each(databaseKinds)('personal data of candidates, on %s', (kind) => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await Setting.create(kind);
  });
  afterEach(() => setting.drop());

  test('W7: stores no plain text of a candidate, also after a correction', async () => {
    const open = await setting.open();
    const candidate = await setting.record(open);
    expect(candidate).toMatchObject({ name: PLAIN[0], email: PLAIN[1] });
    const aim = { id: candidate.id, expectedRevision: candidate.revision };
    const { data } = await setting.call(
      open,
      'correctCandidate',
      { ...aim, phone: '555-0200-corrected' },
      'candidate { name phone }',
    );
    expect(data.correctCandidate.candidate).toEqual({ name: PLAIN[0], phone: '555-0200-corrected' });
    const content = await contentOf(open);
    expect(content).toContain(candidate.id);
    for (const text of [...PLAIN, '555-0200-corrected']) expect(content).not.toContain(text);
    await open.close();
  });

  test('refuses to write a value of an encrypted field that was not encrypted', async () => {
    const open = await setting.open();
    const { id } = await setting.record(open);
    await expect(open.database.update(Candidate, id, { encryptedName: plain('Grace') })).rejects.toThrow(
      'was not encrypted',
    );
    await open.close();
  });

  test('detects a value that was moved to another row or altered, and still answers other fields', async () => {
    const open = await setting.open();
    const first = await setting.record(open);
    const second = await setting.record(open, { ...PERSON, name: 'Somebody else' });
    const [{ name }] = (await open.database.query('SELECT name FROM candidate WHERE id = ?', [first.id])) as Loose[];
    await open.database.query('UPDATE candidate SET name = ? WHERE id = ?', [name, second.id]);
    const { data, errors } = await read(setting, open, second.id);
    expect(data.releaseCandidate.candidate).toEqual({ id: second.id, status: 'ACTIVE', name: null });
    expect(errors).toMatchObject([{ extensions: { code: 'DATA_UNREADABLE' } }]);
    expect(errors[0].message).toContain('altered, or belongs elsewhere');
    await open.close();
  });

  test('names the key that is missing, damages nothing, and answers everything else', async () => {
    let open = await setting.open();
    const lost = await setting.record(open);
    await open.close();
    const former = setting.keys;
    setting.writeKeys([await newWrappingKey()]);
    open = await setting.open();
    const { data, errors } = await read(setting, open, lost.id);
    expect(data.releaseCandidate.candidate).toEqual({ id: lost.id, status: 'ACTIVE', name: null });
    expect(errors).toMatchObject([{ extensions: { code: 'DATA_UNREADABLE', keyId: former[0]!.kid } }]);
    expect(errors[0].message).toContain(former[0]!.kid);
    // new people get the new key; changes of the others that need the missing one are refused
    expect((await setting.record(open)).name).toBe(PLAIN[0]);
    const correction = { id: lost.id, expectedRevision: lost.revision + 1, name: 'New name' };
    const refused = await setting.call(open, 'correctCandidate', correction, 'candidate { id }');
    expect(refused.errors).toMatchObject([{ extensions: { code: 'DATA_UNREADABLE' } }]);
    expect(await rewrapAll(open.database)).toEqual({ done: 0, unreadable: 1 });
    await open.close();
    setting.writeKeys([...setting.keys, ...former]);
    open = await setting.open();
    expect(await read(setting, open, lost.id)).toMatchObject({
      data: { releaseCandidate: { candidate: { name: PLAIN[0] } } },
    });
    await open.close();
  });

  test('rotates the key while people are read and recorded, and reads by both keys meanwhile', async () => {
    const open = await setting.open();
    const ids = await insertPeople(open, 1_200);
    const former = setting.keys;
    setting.writeKeys([await newWrappingKey(), ...former]);
    const rotating = await Database.connect({
      ...{ url: setting.url, name: 'workforce', entities: workforce.parts.entities },
      ...{ migrations: workforce.parts.migrations, wrappingKeys: readWrappingKeys(setting.keyFile) },
    });
    const names: Loose[] = [];
    const reports: number[] = [];
    const rotation = rewrapAll(rotating, ({ done }) => reports.push(done));
    for (const id of [ids[0]!, ids[600]!, ids[1_199]!]) names.push(await read(setting, open, id));
    await setting.record(open);
    expect(await rotation).toEqual({ done: expect.any(Number), unreadable: 0 });
    // the subgraph reads the new file within a second; whom it recorded before follows
    await rewrapAll(rotating);
    expect(reports).toContain(500);
    expect(names.map(({ data }) => data.releaseCandidate.candidate.name)).toEqual([
      'Person 0',
      'Person 600',
      'Person 1199',
    ]);
    expect(await keyUses(rotating)).toEqual([{ keyId: setting.keys[0]!.kid, persons: 1_201 }]);
    await rotating.close();
    // the former key is no longer needed
    await open.close();
    setting.writeKeys(setting.keys.slice(0, 1));
    const after = await setting.open();
    const [row] = await after.database.query<{ version: number }>('SELECT version FROM candidate WHERE id = ?', [
      ids[3],
    ]);
    const input = { id: ids[3], expectedRevision: Number(row!.version) };
    const { data } = await setting.call(after, 'releaseCandidate', input, 'candidate { name }');
    expect(data.releaseCandidate.candidate.name).toBe('Person 3');
    await after.close();
  });

  test('encrypts the data of more people at once than a statement has variables', async () => {
    const open = await setting.open();
    const people = 33_000;
    await insertPeople(open, people);
    expect(await keyUses(open.database)).toEqual([{ keyId: setting.keys[0]!.kid, persons: people }]);
    await open.close();
  });

  test('continues a rotation that ended in the middle', async () => {
    const open = await setting.open();
    await insertPeople(open, 1_200);
    const [former] = setting.keys;
    setting.writeKeys([await newWrappingKey(), former!]);
    const [current] = setting.keys;
    await open.close();
    const again = await setting.open();
    const stop = rewrapAll(again.database, () => {
      throw new Error('killed');
    });
    await expect(stop).rejects.toThrow('killed');
    expect(await keyUses(again.database)).toEqual(
      [
        { keyId: current!.kid, persons: 500 },
        { keyId: former!.kid, persons: 700 },
      ].sort((a, b) => (a.keyId < b.keyId ? -1 : 1)),
    );
    expect(await rewrapAll(again.database)).toEqual({ done: 700, unreadable: 0 });
    expect(await keyUses(again.database)).toEqual([{ keyId: current!.kid, persons: 1_200 }]);
    await again.close();
  });

  test('never brings back the key of a person who is erased during a rotation', async () => {
    const open = await setting.open();
    const [id] = await insertPeople(open, 3);
    setting.writeKeys([await newWrappingKey(), ...setting.keys]);
    await open.close();
    const again = await setting.open();
    await again.database.query("UPDATE candidate SET retain_until = '2020-01-01'");
    const aim = { id, expectedRevision: 1 };
    const [{ errors }] = await Promise.all([
      setting.call(again, 'eraseCandidate', aim, 'candidate { status }'),
      rewrapAll(again.database),
    ]);
    expect(errors).toBeUndefined();
    expect((await personKeysOf(again.database, [id!])).size).toBe(0);
    expect(await rewrapAll(again.database)).toEqual({ done: 0, unreadable: 0 });
    await again.close();
  });

  test('W7: encrypts what an earlier release stored, in batches, and leaves no plain text behind', async () => {
    const { entities, migrations, references, name } = workforce.parts;
    const former = await Database.open({ url: setting.url, name, entities, migrations: migrations.slice(0, 7) });
    for (const { target, rows } of references) await former.upsert(target, rows);
    await former.source.query(
      `INSERT INTO announcement (control_number, title, open_date, hiring_paths, talent_area, version, exercise)
       VALUES ('old-1', 'Old', '2026-06-01', '[]', 'AI', 1, 0)`,
    );
    await former.transaction(async (inside) => {
      for (let place = 0; place < 600; place += 1)
        await inside.query(
          `INSERT INTO candidate (id, name, email, phone, agency_key, status, version, exercise)
           VALUES (?, ?, ?, ?, 'nsa', 'ACTIVE', 1, 0)`,
          [`cnd_${String(place).padStart(26, '0')}`, `${PLAIN[0]} ${place}`, PLAIN[1], PLAIN[2]],
        );
      await inside.query(
        `INSERT INTO application (id, control_number, candidate_id, submitted_at, status, veterans_preference, assessment_score,
           agency_key, rater_key, version, exercise)
         VALUES ('app_1', 'old-1', ?, ?, 'RECEIVED', 1, 93.5, 'nsa', '', 1, 0)`,
        [`cnd_${'0'.repeat(26)}`, CLOCK],
      );
    });
    await former.close();
    const progress: string[] = [];
    const upgraded = await workforce.open({
      databaseUrl: setting.url,
      door: openDoor(parsePrincipal(hr('nsa'))),
      wrappingKeys: readWrappingKeys(setting.keyFile),
      onMigration: ({ migration, done, total }) => progress.push(`${migration} ${done}/${total}`),
    });
    expect(progress).toEqual(
      expect.arrayContaining(['encryption of personal data 500/601', 'encryption of personal data 601/601']),
    );
    const { data } = await upgraded.execute({
      query: '{ application(id: "app_1") { veteransPreference assessmentScore candidate { name email phone } } }',
    });
    expect(data!.application).toEqual({
      veteransPreference: true,
      assessmentScore: 93.5,
      candidate: { name: `${PLAIN[0]} 0`, email: PLAIN[1], phone: PLAIN[2] },
    });
    const content = await contentOf(upgraded);
    for (const text of [PLAIN[0]!, PLAIN[1]!, PLAIN[2]!, '93.5']) expect(content).not.toContain(text);
    expect(await keyUses(upgraded.database)).toEqual([{ keyId: setting.keys[0]!.kid, persons: 600 }]);
    await upgraded.close();
  });
});

describe('the command `person-keys`', () => {
  beforeAll(requireCompiled);
  afterEach(killAll);

  test('rotates, continues after a kill, reports the use of keys, and prunes', async () => {
    const setting = await Setting.create('sqlite');
    const open = await setting.open();
    await insertPeople(open, 700);
    const environment = { ORDERGRAPH_WORKFORCE_DATABASE_URL: setting.url, ORDERGRAPH_PERSON_KEYS: setting.keyFile };
    const [former] = setting.keys;
    const killed = run(['person-keys', 'rotate'], environment);
    await waitForOutput(killed, /Added the key/);
    await kill(killed);
    const [current] = setting.keys;
    expect(current!.kid).not.toBe(former!.kid);
    const rotation = run(['person-keys', 'rotate'], environment);
    expect([await rotation.ended, rotation.output()]).toEqual([0, expect.stringContaining('Continuing the rotation')]);
    expect(rotation.output()).toContain('Wrapped 700 of 700 data keys again');
    expect(setting.keys.map(({ kid }) => kid)).toEqual([current!.kid, former!.kid]);
    const status = run(['person-keys', 'status'], environment);
    expect([await status.ended, status.output()]).toEqual([
      0,
      `${current!.kid}: 700 persons, current\n${former!.kid}: 0 persons\n`,
    ]);
    const prune = run(['person-keys', 'prune'], environment);
    expect([await prune.ended, prune.output()]).toEqual([0, expect.stringContaining('removed 1 key; 1 remain')]);
    setting.writeKeys([await newWrappingKey()]);
    const missing = run(['person-keys', 'status'], environment);
    expect([await missing.ended, missing.output()]).toEqual([1, expect.stringContaining(`MISSING from`)]);
    await open.close();
    await setting.drop();
  });

  test('requires a key file in production', async () => {
    const started = run(['migrate', 'workforce'], { NODE_ENV: 'production' });
    expect([await started.ended, started.output()]).toEqual([
      1,
      expect.stringContaining('No keys to protect personal data are configured; production requires them'),
    ]);
  });
});
