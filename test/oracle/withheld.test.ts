import { type DocumentNode, type FieldNode, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { withhold } from '../../gateway/operation/normalize';
import { requireCompiled } from '../support/processes';
import { SEED } from '../support/seed';
import { Contest, unlessUnplanned } from './compare';
import { generateOperation, randomOf } from './operations';
import { zoo } from './zoo';

beforeAll(requireCompiled);

/** Marks fields of some coordinates as withheld, on objects that implement an interface as on the interface. */
function withheldIn(contest: Contest, document: DocumentNode, isWithheld: (coordinate: string) => boolean) {
  const info = new TypeInfo(contest.schema);
  return visit(
    document,
    visitWithTypeInfo(info, {
      Field: (node): FieldNode | undefined => {
        const coordinate = `${info.getParentType()?.name}.${node.name.value}`;
        if (coordinate.includes('__') || !isWithheld(coordinate)) return undefined;
        return withhold(node, { message: 'withheld', code: 'FORBIDDEN', coordinate });
      },
    }),
  );
}

/** Operations of each exhibit; more in the fault suite. */
const OPERATIONS = process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? 100 : 20;

describe.each(zoo.map((exhibit) => [exhibit.name, exhibit] as const))('%s', (_name, exhibit) => {
  test(`returns for fields withheld at random what failing fields return, from seed ${SEED}`, async () => {
    const contest = new Contest(exhibit);
    let withheld = 0;
    for (let i = 0; i < OPERATIONS; i++) {
      const operation = generateOperation(contest.schema, SEED + i);
      if (!contest.isValid(operation)) continue;
      contest.fill(String(SEED + i), { nulls: 0, errors: 0, unknown: 0 });
      const random = randomOf(SEED + i);
      const byName = new Map<string, boolean>();
      // by the name of the field, so that it is the same through an interface
      const isWithheld = (coordinate: string): boolean => {
        const name = coordinate.split('.')[1]!;
        if (!byName.has(name)) byName.set(name, random(5) === 0);
        return byName.get(name)!;
      };
      const marked = withheldIn(contest, parse(operation.query), isWithheld);
      const expected = await contest.monolith(operation, isWithheld);
      for (const planner of ['native', 'apollo'] as const) {
        const answer = await contest.answerTo(planner, () => marked, operation.variables).catch(unlessUnplanned);
        if (!answer) continue;
        const { data } = answer;
        expect({ seed: SEED + i, planner, ...operation, data }).toEqual({
          seed: SEED + i,
          planner,
          ...operation,
          data: expected,
        });
      }
      if ([...byName.values()].includes(true)) withheld += 1;
    }
    await contest.close();
    expect(withheld).toBeGreaterThan(0);
  });
});
