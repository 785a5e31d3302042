import 'reflect-metadata';
import { fixedClock } from '#base/clock';
import { type Principal, parsePrincipal } from '#base/identity/principal';
import { Cursors } from '#kit/collection/cursor';
import { Loaders } from '#kit/collection/loaders';
import { MAX_PAGE_SIZE } from '#kit/collection/page';
import { ConditionCount, type FieldUse, type FilterValue, WhereBuilder } from '#kit/collection/where';
import { Database } from '#kit/database/database';
import { key, text } from '#kit/model/fields';
import { type ModelClass, model } from '#kit/model/model';
import { Policies, Reader } from '#kit/policy/policy';
import { everyone, ofOrganization } from '#kit/policy/rule';
import { repairWords, settleWords } from '#kit/search/word-index';
import { wordTableOf } from '#kit/search/word-table';
import { randomOf } from '../oracle/operations';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { SEED } from '../support/seed';
import { comparedWords } from '../support/words';
import { AS_OF } from '../support/world';

@model('Gadget.', { order: ['title'] })
class Gadget {
  @key('Short name.', { as: 'slug' }) id!: string;
  @text('Title.', { search: true, filter: true, order: true }) title!: string;
  @text('Codename.', { search: true, nullable: true, sensitivity: 'PROPIN' }) codename!: string | null;
  @text('Maker.', { filter: true }) maker!: string;
}

@model('Gadget that only its maker knows.')
class SecretGadget {
  @key('Short name.', { as: 'slug' }) id!: string;
  @text('Codename.', { search: true, sensitivity: 'PROPIN' }) codename!: string;
  @text('Maker.') maker!: string;
}

const MAKER = ofOrganization('maker', 'developer-submitter');
const POLICIES = new Policies([
  [Gadget, { rows: everyone, PROPIN: MAKER }],
  [SecretGadget, { rows: everyone, PROPIN: MAKER }],
]);
const makerOf = (organization: string) =>
  parsePrincipal(`role=developer-submitter; organization=${organization}; subject=x`);
const CURSORS = new Cursors(Buffer.alloc(32, 7), 'tests');
const WORDS = [
  'Alpha',
  'alphabet',
  'ALP',
  'Straße',
  'STRASSE',
  'ΟΔΟΣ',
  'Émile',
  'émigré',
  '東京',
  '2024',
  'x',
  'Ünder',
];
const JOINTS = [' ', '-', ' – ', "'s ", '/', '_', '👍'];

describe.each(databaseKinds)(`words on %s, from seed ${SEED}`, (kind) => {
  let databases: TestDatabases;
  let database: Database;
  let random: (below: number) => number;
  beforeEach(async () => {
    random = randomOf(SEED);
    databases = await freshDatabases(kind, ['gadgets']);
    const options = {
      url: databases.url('gadgets'),
      name: 'gadgets',
      entities: [Gadget, SecretGadget],
      migrations: [],
    };
    database = await Database.open(options);
    await database.source.synchronize();
  });
  afterEach(async () => {
    await database.close();
    await databases.drop();
  });

  const phrase = () =>
    Array.from({ length: 1 + random(4) }, () => WORDS[random(WORDS.length)]! + JOINTS[random(JOINTS.length)]!).join('');
  const gadgets = (count: number): Gadget[] =>
    Array.from({ length: count }, (_, place) => ({
      id: `g${String(place).padStart(5, '0')}`,
      title: phrase(),
      codename: random(3) === 0 ? null : phrase(),
      maker: ['alder', 'birch'][random(2)]!,
    }));

  const loadersOf = (who: Principal | null) =>
    new Loaders(database, fixedClock(AS_OF), new Reader(POLICIES, who), CURSORS);
  async function found(target: ModelClass, filter: FilterValue, who: Principal | null = null): Promise<string[]> {
    const { rows } = await loadersOf(who).list(target, { filter, first: MAX_PAGE_SIZE });
    return rows.map((row) => (row as Gadget).id).sort();
  }

  /** Words of a text, with one form for all cases. */
  const plainWords = (value: string) =>
    value
      .toUpperCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean);
  const hasWords = (texts: readonly (string | null)[], search: string) => {
    const words = texts.flatMap((value) => plainWords(value ?? ''));
    return plainWords(search).every((prefix) => words.some((word) => word.startsWith(prefix)));
  };

  async function expectCurrent(): Promise<void> {
    for (const target of [Gadget, SecretGadget]) {
      const { stored, expected } = await comparedWords(database, target);
      expect(stored).toEqual(expected);
    }
  }

  test('finds the same rows as plain code in any case and script, with fields of several classes', async () => {
    const rows = gadgets(200);
    await database.insert(Gadget, rows);
    let partial = 0;
    for (let time = 0; time < 100; time += 1) {
      const words = Array.from({ length: 1 + random(3) }, () => {
        const word = [...WORDS[random(WORDS.length)]!];
        const prefix = word.slice(0, 1 + random(word.length)).join('');
        return [prefix, prefix.toUpperCase(), prefix.toLowerCase()][random(3)]!;
      });
      const search = words.join(JOINTS[random(JOINTS.length)]);
      for (const [who, organization] of [[null], [makerOf('alder'), 'alder'], [makerOf('birch'), 'birch']] as const) {
        const expected = rows
          .filter(({ title, codename, maker }) =>
            hasWords(maker === organization ? [title, codename] : [title], search),
          )
          .map(({ id }) => id);
        expect({ search, organization, keys: await found(Gadget, { search }, who) }).toEqual({
          search,
          organization,
          keys: expected,
        });
        if (expected.length > 0 && expected.length < rows.length) partial += 1;
      }
    }
    expect(partial).toBeGreaterThan(100);
  });

  test('keeps the words of every write current', async () => {
    const rows = gadgets(50);
    await database.insert(Gadget, rows);
    await expectCurrent();
    await database.upsert(Gadget, [
      ...rows.slice(0, 10).map((row) => ({ ...row, title: phrase(), codename: null })),
      ...gadgets(60).slice(50),
    ]);
    await expectCurrent();
    await database.update(Gadget, 'g00003', { title: 'Renamed gadget' });
    await database.update(Gadget, 'g00004', { maker: 'cedar' });
    await database.update(Gadget, 'unknown', { title: 'Missing' });
    await expectCurrent();
    // the condition no longer holds after the change
    await database.updateWhere(Gadget, { title: 'Common', codename: null }, 'title <> ?', ['Common']);
    await expectCurrent();
    expect(await found(Gadget, { search: 'common' })).toHaveLength(60);
    await database.transaction((inside) => inside.query("DELETE FROM gadget WHERE id < 'g00020'"));
    await expectCurrent();
    expect(await database.count(wordTableOf(Gadget)!)).toBe(40);
  });

  test('writes no words of a transaction that fails', async () => {
    await database.insert(Gadget, [{ id: 'a', title: 'First', maker: 'alder' }]);
    const failing = database.transaction(async (inside) => {
      await inside.update(Gadget, 'a', { title: 'Second' });
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    await expectCurrent();
    // the second row exists, so the first is not written either
    await expect(
      database.insert(Gadget, [
        { id: 'b', title: 'Third', maker: 'alder' },
        { id: 'a', title: 'Fourth', maker: 'alder' },
      ]),
    ).rejects.toThrow();
    await expectCurrent();
    expect(await found(Gadget, { search: 'first' })).toEqual(['a']);
  });

  test.each([
    "UPDATE gadget SET maker = 'x', title = 'y' WHERE id = 'a'",
    'UPDATE `gadget` SET `codename`=NULL',
    'update "gadget"\n set "title" = \'a\'',
    "INSERT INTO gadget (id, title, maker) VALUES ('a', 'b', 'c')",
    "REPLACE INTO gadget (id, title, maker) VALUES ('a', 'b', 'c')",
  ])('refuses %j, which would leave the words behind', async (sql) => {
    await expect(database.query(sql)).rejects.toThrow(/Searches would miss this change of gadget/);
  });

  test('allows statements that write no searched column', async () => {
    await database.insert(Gadget, [{ id: 'a', title: 'First', maker: 'alder' }]);
    await database.query("UPDATE gadget SET maker = 'x' WHERE title = 'First'");
    expect(await database.findBy(Gadget, 'id', ['a'])).toMatchObject([{ maker: 'x' }]);
  });

  test('repairs missing and outdated words, and then changes nothing', async () => {
    await database.insert(Gadget, gadgets(2_500));
    const words = database.table(wordTableOf(Gadget)!);
    await database.source.query(`DELETE FROM ${words} WHERE owner_key < 'g00700'`);
    await database.source.query("UPDATE gadget SET title = 'Other name' WHERE id IN ('g01999', 'g02499')");
    await database.source.query(`INSERT INTO ${words} (owner_key, field, word) VALUES ('g01000', 'title', 'stray')`);
    expect(await repairWords(database, [Gadget, SecretGadget])).toBe(703);
    await expectCurrent();
    const { result, statements } = await database.counting(() => repairWords(database, [Gadget, SecretGadget]));
    expect(result).toBe(0);
    expect(statements.filter((sql) => !/^SELECT/.test(sql))).toEqual([]);
    // two for each page of 1,000, and one for the empty table
    expect(statements).toHaveLength(7);
  });

  test('compares all words at a start until a day after an upgrade, and then looks for rows without words', async () => {
    await database.insert(Gadget, [...gadgets(30), { id: 'none', title: '?!', maker: 'alder' }]);
    const words = database.table(wordTableOf(Gadget)!);
    const rename = (id: string, title: string) =>
      database.source.query('UPDATE gadget SET title = ? WHERE id = ?', [title, id]);
    const start = () => settleWords(database, [Gadget, SecretGadget]);
    expect(await start()).toBe(0);
    await rename('g00001', 'By an earlier release');
    expect(await start()).toBe(1);
    await expectCurrent();
    const age = (ms: number) =>
      database.query(`UPDATE word_comparison SET first_ms = first_ms - ${ms}, last_ms = last_ms - ${ms}`);
    await age(90_000_000);
    await rename('g00002', 'By an earlier release, at last');
    expect(await start()).toBe(1);
    await expectCurrent();
    // settled now
    await database.source.query(`DELETE FROM ${words} WHERE owner_key = 'g00003'`);
    const { result, statements } = await database.counting(start);
    expect(result).toBe(1);
    expect(statements.filter((sql) => /SELECT owner_key/.test(sql))).toEqual([]);
    await expectCurrent();
    // other rules than before
    await database.query("UPDATE word_comparison SET rules = '0 title'");
    await rename('g00004', 'By other rules');
    expect(await start()).toBe(1);
    await expectCurrent();
  });

  test.each<[string, string]>([
    ['', 'search has no words: use letters or digits'],
    [' – 👍', 'search has no words: use letters or digits'],
    ['a b c d e f g h i j k', 'search has 11 words; the maximum is 10'],
    ['a'.repeat(201), 'search has 201 characters; the maximum is 200'],
  ])('rejects the search %j', async (search, message) => {
    await expect(found(Gadget, { search })).rejects.toMatchObject({
      message,
      extensions: { code: 'INVALID_FILTER' },
    });
  });

  test('takes ten words and 200 characters, and compares 40 characters of a word', async () => {
    const long = 'b'.repeat(60);
    await database.insert(Gadget, [{ id: 'a', title: `c d e f g h i j k ${long}`, maker: 'alder' }]);
    expect(await found(Gadget, { search: `c d e f g h i j k ${'b'.repeat(40)}` })).toEqual(['a']);
    expect(await found(Gadget, { search: `C c c c c c c c c c c c ${long}` })).toEqual(['a']);
    expect(await found(Gadget, { search: 'b'.repeat(200) })).toEqual(['a']);
    expect(await found(Gadget, { search: `${'b'.repeat(39)}c` })).toEqual([]);
  });

  test('counts each word as a condition', async () => {
    const filter = { search: 'a b c d e f g h i j' };
    // one for the filter, one for each part, and ten for its words
    const parts = (count: number) => ({ or: Array(count).fill(filter) });
    const build = (count: number) =>
      new WhereBuilder(database, fixedClock(AS_OF), Reader.everything, undefined, new ConditionCount()).build(
        Gadget,
        parts(count),
        't',
      );
    expect(() => build(454)).not.toThrow();
    expect(() => build(455)).toThrow('more than 5000 conditions');
  });

  test('reads each word once, also for words that begin others', () => {
    const builder = new WhereBuilder(database, fixedClock(AS_OF), Reader.everything);
    const { sql, parameters } = builder.build(Gadget, { search: 'a ab b abc ab' }, 't');
    expect(sql.match(/SELECT/g)).toHaveLength(2);
    expect(parameters).toEqual(['b', 'b\u{10ffff}', 'abc', 'abc\u{10ffff}']);
  });

  test('leaves out fields that the caller may never read, and records the others', async () => {
    const usesOf = (target: ModelClass, who: Principal | null) => {
      const uses: FieldUse[] = [];
      const builder = new WhereBuilder(database, fixedClock(AS_OF), new Reader(POLICIES, who), (use) => uses.push(use));
      builder.build(target, { search: 'a' }, 't');
      return uses.map(({ field, sensitivity }) => `${field} ${sensitivity}`);
    };
    expect(usesOf(Gadget, null)).toEqual(['title PUBLIC']);
    expect(usesOf(Gadget, makerOf('alder'))).toEqual(['title PUBLIC', 'codename PROPIN']);
    expect(usesOf(SecretGadget, makerOf('alder'))).toEqual(['codename PROPIN']);
    expect(() => usesOf(SecretGadget, null)).toThrow(
      "You don't have access to SecretGadget.codename, so you cannot search",
    );
  });

  test('reads a range of the index instead of all words or rows', async () => {
    await database.insert(
      Gadget,
      gadgets(3_000).map((row, place) => ({ ...row, title: `${row.title} word${place}` })),
    );
    const words = wordTableOf(Gadget)!;
    for (const target of [Gadget, words])
      await database.query(`${kind === 'mysql' ? 'ANALYZE TABLE' : 'ANALYZE'} ${database.table(target)}`);
    for (const who of [null, makerOf('alder')]) {
      const builder = new WhereBuilder(database, fixedClock(AS_OF), new Reader(POLICIES, who));
      const { sql, parameters } = builder.visible(Gadget, { search: 'word1234 a' }, 't');
      const plan = await database.query(
        database.dialect.explain(`SELECT t.id FROM ${database.table(Gadget)} t WHERE ${sql}`),
        parameters,
      );
      const steps = plan.map((step) =>
        kind === 'sqlite' ? String(step.detail) : `${step.type} ${step.key} ${step.table}`,
      );
      const index = database.metadata(words).indices[0]!.name;
      const scans = steps.filter((step) => /^(SCAN|ALL|index)\b/.test(step) && !/subquery|constant/i.test(step));
      // each field of a restricted class is one more range for each object that has the other words
      expect({ who, steps, scans: who === null ? scans : [] }).toEqual({ who, steps, scans: [] });
      expect(steps.join('\n')).toContain(index);
    }
  });
});
