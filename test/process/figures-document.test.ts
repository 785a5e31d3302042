import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { INSPECTOR } from '../support/identity';
import { resembles } from '../support/shown-answer';
import { openWorld, type World } from '../support/world';

/** Sends the operations of docs/figures.md as the callers that it names, and compares the answers with those that it shows. */

const TEXT = readFileSync(join(packageRoot, 'docs', 'figures.md'), 'utf8');
const ANALYST = 'role=analyst; subject=analyst-1';
const OFFICER = 'role=infrastructure-officer; agency=treasury; subject=officer-1';

interface Example {
  readonly operation: string;
  /** The answer below the operation, if the document shows one. */
  readonly answer?: unknown;
  readonly caller: string;
}

const blocks = [...TEXT.matchAll(/```(graphql|json)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language: language!,
  text: text!,
}));
const examples: readonly Example[] = blocks.flatMap(({ language, text }, place) => {
  if (language !== 'graphql') return [];
  const next = blocks[place + 1];
  return {
    operation: text,
    answer: next?.language === 'json' ? JSON.parse(next.text) : undefined,
    caller: text.startsWith('# As an infrastructure officer') ? OFFICER : ANALYST,
  };
});

/** All lists named `nodes`, at any depth. */
function pagesIn(value: unknown): unknown[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...(name === 'nodes' ? [member as unknown[]] : []),
    ...pagesIn(member),
  ]);
}

let world: World;
beforeAll(async () => {
  world = await openWorld('sqlite');
});
afterAll(() => world?.close());

test('has valid operations, and answers for the session', () => {
  const schema = buildSchema(readText(join(packageRoot, 'schema.graphql'), 'The schema'));
  expect(examples.length).toBeGreaterThan(10);
  expect(examples.filter(({ answer }) => answer).length).toBeGreaterThanOrEqual(6);
  for (const { operation } of examples)
    expect([operation, validate(schema, parse(operation))]).toEqual([operation, []]);
});

test.each(examples.map((example, place) => [place + 1, example] as const))(
  'answers operation %d without errors, with groups in every list, as shown',
  async (_place, { operation, answer, caller }) => {
    const { data, errors } = await world.ask(operation, {}, caller);
    expect([operation, errors]).toEqual([operation, undefined]);
    for (const page of pagesIn(data)) expect(page.length).toBeGreaterThan(0);
    if (answer && !resembles({ data }, answer)) expect({ data }).toEqual(answer);
  },
);

test('withholds values in its example from the caller that it names, but not from an inspector', async () => {
  const withheld = examples.filter(({ operation }) => operation.includes('isWithheld'));
  expect(withheld.length).toBeGreaterThan(0);
  for (const { operation, caller } of withheld) {
    const isWithheldFor = async (who: string) =>
      JSON.stringify((await world.ask(operation, {}, who)).data).includes('"isWithheld":true');
    expect([await isWithheldFor(caller), await isWithheldFor(INSPECTOR)]).toEqual([true, false]);
  }
});
