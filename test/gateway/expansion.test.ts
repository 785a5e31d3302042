import { type DocumentNode, parse } from 'graphql';
import type { GraphRequest } from '../../gateway/graph/graph';
import { Contest } from '../oracle/compare';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';

/** Selections of the operations below, apart from their conditions. */
const SPREADS = 1_200;
const SELECTIONS = 1 + SPREADS * 2;
const CONDITIONS = ['a', 'b', 'c'];
const MAX_BYTES = 64 * 1024 * 1024;

const operation = (name: string): DocumentNode =>
  parse(
    `query ${name}(${CONDITIONS.map((condition) => `$${condition}: Boolean!`).join(' ')}) {
      ${CONDITIONS.map((condition) => `${condition}: __typename @skip(if: $${condition})`).join(' ')}
      users { ${'...F '.repeat(SPREADS)} }
    } fragment F on User { id }`,
  );
const valuesOf = (bits: number) =>
  Object.fromEntries(CONDITIONS.map((name, index) => [name, ((bits >> index) & 1) === 1]));

beforeAll(requireCompiled);

describe('operations that fragments expand', () => {
  let contest: Contest;
  let charged: number[];
  let planned: number[];
  beforeEach(() => {
    contest = new Contest(zoo.find(({ name }) => name.includes('Federation 1'))!);
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    [charged, planned] = [[], []];
  });
  afterEach(() => contest.close());

  const execute = async (document: DocumentNode, bits: number, more: Partial<GraphRequest> = {}): Promise<void> => {
    const { data } = await contest.graphs.native.execute({
      document,
      variables: valuesOf(bits),
      headers: {},
      scope: '',
      deadline: performance.now() + 60_000,
      charge: (cost) => charged.push(cost),
      chargePlanning: (selections) => planned.push(selections),
      ...more,
    });
    expect(data).toBeDefined();
  };
  const sum = (costs: readonly number[]) => costs.reduce((total, cost) => total + cost, 0);

  test('takes bounded memory, whatever documents and conditions are sent', async () => {
    const documents = Array.from({ length: 6 }, (_, i) => operation(`Q${i}`));
    const { normalized } = contest.graphs.native;
    for (const document of documents)
      for (let bits = 0; bits < 8; bits++) {
        await execute(document, bits);
        expect(normalized.bytes).toBeLessThanOrEqual(MAX_BYTES);
      }
    const kept = documents.flatMap((document) => contest.graphs.native.conditionsSeen(document, undefined));
    expect(kept.length).toBeGreaterThan(8);
    expect(kept.length).toBeLessThan(8 * documents.length);
    // the most recent stay
    expect(contest.graphs.native.conditionsSeen(documents.at(-1)!, undefined)[0]).toEqual(valuesOf(7));
  });

  test('counts the plan that an operation keeps by itself', async () => {
    const fields = Array.from({ length: 200 }, (_, place) => `name${place}: id`).join(' ');
    const { normalized } = contest.graphs.native;
    const bytesOf = async (text: string): Promise<number> => {
      const before = normalized.bytes;
      await execute(parse(text), 0);
      return normalized.bytes - before;
    };
    // its answer has more than its plan, and so it is compiled apart from others with that plan
    const [shared, own] = [
      await bytesOf(`{ users { ${fields} } }`),
      await bytesOf(`{ __typename users { ${fields} } }`),
    ];
    expect(own - shared).toBeGreaterThan(200 * fields.length);
  });

  test('charges each expansion and each plan by its selections, and nothing while they are cached', async () => {
    const [first, second] = [operation('A'), operation('B')];
    await execute(first, 0);
    const once = sum(charged);
    expect(once).toBeGreaterThan(500);
    expect(planned).toEqual([SELECTIONS + CONDITIONS.length]);
    await execute(first, 0);
    expect(sum(charged)).toBe(once);
    await execute(first, 1);
    expect(sum(charged)).toBe(2 * once);
    await execute(second, 0);
    expect(sum(charged)).toBe(3 * once);
    // their plans are the same
    expect(planned).toHaveLength(1);
  });

  test('charges again for an expansion that is no longer cached', async () => {
    const documents = Array.from({ length: 6 }, (_, i) => operation(`Q${i}`));
    await execute(documents[0]!, 0);
    const once = sum(charged);
    for (const document of documents) for (let bits = 0; bits < 8; bits++) await execute(document, bits);
    const before = sum(charged);
    await execute(documents[0]!, 0);
    expect(sum(charged) - before).toBe(once);
  });

  test('charges a deferred operation for its expansion each time', async () => {
    const document = parse(`{ users { ${'...F '.repeat(SPREADS)} ... @defer { id } } } fragment F on User { id }`);
    for (let time = 1; time <= 2; time++) {
      const answer = await contest.graphs.native.executeIncrementally(
        {
          document,
          headers: {},
          scope: '',
          deadline: performance.now() + 60_000,
          charge: (cost) => charged.push(cost),
        },
        { repeatsFields: false },
      );
      for await (const _ of answer!.later);
      expect(sum(charged)).toBeGreaterThanOrEqual(time * 500);
    }
  });
});
