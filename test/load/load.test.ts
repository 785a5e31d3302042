import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { Announcement } from '../../subgraphs/workforce/announcement/announcement';
import { Candidate } from '../../subgraphs/workforce/application/application';
import { databaseKinds } from '../support/databases';
import { killAll, requireCompiled, run } from '../support/processes';
import { AS_OF, openWorld, type World } from '../support/world';

/** Rows of a file as items of bulk mutations, sent to a running graph by a process of its own. */

/** Three calls of the largest size. */
const ROWS = 3_000;

describe.each(databaseKinds)('loading rows on %s', (kind) => {
  let world: World;
  let url: string;
  let folder: string;
  let announcement: Announcement;
  let caller: string;
  beforeAll(async () => {
    requireCompiled();
    world = await openWorld(kind);
    url = await world.server.listen({ port: 0, host: '127.0.0.1' });
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-load-'));
    announcement = world.rows(Announcement).find(({ status, openDate }) => {
      return status === 'ACCEPTING_APPLICATIONS' && openDate < AS_OF.slice(0, 10);
    })!;
    caller = `role=hr-specialist; agency=${announcement.agencyKey}; subject=hr-1`;
    const { authorization } = await world.identity.headers(caller);
    writeFileSync(join(folder, 'token'), authorization!.replace('Bearer ', ''));
  });
  afterEach(killAll);
  afterAll(async () => {
    await world?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function written(name: string, rows: readonly (readonly unknown[])[]): string {
    const file = join(folder, name);
    writeFileSync(file, rows.map((row) => `${row.join(',')}\r\n`).join(''));
    return file;
  }

  async function load(mutation: string, file: string, ...flags: string[]): Promise<string> {
    const program = run(['load', mutation, file, '--url', url, '--token-file', join(folder, 'token'), ...flags]);
    const code = await program.ended;
    return `${code}\n${program.output()}`;
  }

  const applicationsOf = async () => {
    const filter = `filter: { announcement: { controlNumber: { eq: "${announcement.controlNumber}" } } }`;
    return (await world.ask(`{ applications(${filter}) { totalCount } }`, {}, caller)).data.applications.totalCount;
  };

  test('records 3,000 applications, and reports the 37 wrong rows, once', async () => {
    const people = [['name', 'email'], ...Array.from({ length: ROWS }, (_, i) => [`Person ${i}`, `p${i}@example.com`])];
    const keys = join(folder, 'keys.csv');
    expect(await load('recordCandidates', written('people.csv', people), '--keys', keys)).toContain(
      `recordCandidates: ${ROWS} rows of people.csv: ${ROWS} added, 0 changed, 0 rejected`,
    );
    const ids = (parse(readFileSync(keys, 'utf8'), { columns: true }) as { key: string }[]).map(({ key }) => key);
    expect(new Set(ids).size).toBe(ROWS);

    const rows: unknown[][] = ids.map((id) => [announcement.controlNumber, id, AS_OF, '']);
    const wrong = new Map<number, string>();
    const spoil = (from: number, column: number, value: string, error: string) => {
      for (let place = from; wrong.size < 37 && place < ROWS; place += 341) {
        if (wrong.has(place)) continue;
        rows[place]![column] = value;
        wrong.set(place, error);
      }
    };
    spoil(3, 0, 'none', 'UNKNOWN_REFERENCE');
    spoil(8, 1, 'cnd_none', 'UNKNOWN_REFERENCE');
    spoil(103, 2, '2999-01-01T00:00:00Z', 'BAD_USER_INPUT');
    spoil(150, 3, 'perhaps', 'use true or false');
    expect(wrong.size).toBe(36);
    // a value that no DateTime can be
    wrong.set(3, 'BAD_USER_INPUT');
    Object.assign(rows[3]!, { 0: announcement.controlNumber, 2: 'yesterday' });
    // within one call, so that a dry run sees it
    rows[ROWS - 1]![1] = ids[ROWS - 2]!;
    wrong.set(ROWS - 1, 'PRECONDITION_FAILED');
    const file = written('applications.csv', [
      ['controlNumber', 'candidate', 'submittedAt', 'veteransPreference'],
      ...rows,
    ]);
    const before = await applicationsOf();
    const summary = `recordApplications: ${ROWS} rows of applications.csv: ${ROWS - 37} added, 0 changed, 37 rejected`;
    expect(await load('recordApplications', file, '--dry-run')).toContain(`${summary} (dry run)`);
    expect(await applicationsOf()).toBe(before);
    const rejects = join(folder, 'rejects');
    const output = await load('recordApplications', file, '--rejects', rejects);
    expect(output).toMatch(/^0\n/);
    expect(output).toContain(summary);
    expect(output).toContain('… and 17 more');
    expect(await applicationsOf()).toBe(before + ROWS - 37);
    const lines = readFileSync(rejects, 'utf8').trimEnd().split('\n');
    const reasons = new Map(lines.map((line) => [Number(/:(\d+)/.exec(line)![1]) - 2, line]));
    expect([...reasons.keys()].sort((a, b) => a - b)).toEqual([...wrong.keys()].sort((a, b) => a - b));
    for (const [place, error] of wrong) expect(reasons.get(place)).toContain(error);
    // the same file again finds everything done
    expect(await load('recordApplications', file)).toContain(summary);
    expect(await applicationsOf()).toBe(before + ROWS - 37);
  });

  test.each([
    [
      'recordCandidate',
      [['name'], ['x']],
      'changes one object at a time\n  Use its form for many objects: recordCandidates',
    ],
    ['recordCandidats', [['name'], ['x']], 'no mutation "recordCandidats"; did you mean "recordCandidate'],
    ['recordCandidates', [['nam'], ['x']], 'no field "nam"'],
    ['recordCandidates', [['email'], ['a@b.c']], 'no column "name"'],
    ['recordCandidates', [['name']], 'has no rows'],
    ['recordCandidates', [['name', 'email'], ['x']], 'is not valid CSV at line 2'],
    [
      'fundPositions',
      [
        ['id', 'expectedRevision'],
        ['pos_none', '1'],
      ],
      '1 rejected\n  rejected wrong.csv:2, id: NOT_FOUND',
    ],
  ])('%s of %j is reported', async (mutation, rows, message) => {
    expect(await load(mutation, written('wrong.csv', rows))).toContain(message);
  });

  test('sends no row of a file that is not UTF-8, or whose row never ends', async () => {
    const count = () => world.subgraph('workforce').database.count(Candidate);
    const before = await count();
    const rows = (name: string) => `name,email\nPerson 1,p1@example.com\n${name},p2@example.com\n`;
    const latin = join(folder, 'latin.csv');
    writeFileSync(latin, Buffer.from(rows('Ren\u00e9'), 'latin1'));
    expect(await load('recordCandidates', latin)).toMatch(/^1\n"\S*latin.csv" is not UTF-8 at line 3\n.*Save the file/);
    const endless = join(folder, 'endless.csv');
    writeFileSync(endless, rows(`"${'x'.repeat(2 ** 21)}`));
    expect(await load('recordCandidates', endless)).toMatch(/^1\n"\S*endless.csv" is not valid CSV.*: Max Record Size/);
    expect(await count()).toBe(before);
    // UTF-16, as spreadsheets write it
    const wide = join(folder, 'wide.csv');
    writeFileSync(wide, Buffer.from(`\uFEFF${rows('Ren\u00e9')}`, 'utf16le'));
    expect(await load('recordCandidates', wide, '--dry-run')).toContain('2 added, 0 changed, 0 rejected (dry run)');
  });

  test('is refused as a whole to a caller without the right', async () => {
    const program = run(['load', 'recordCandidates', written('one.csv', [['name'], ['x']]), '--url', url]);
    expect([await program.ended, program.output()]).toEqual([
      1,
      expect.stringMatching(/UNAUTHENTICATED|FORBIDDEN|Sign in/),
    ]);
  });
});
