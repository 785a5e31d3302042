import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { questionVariables } from '../questions/variables';
import { openWorld, type World } from '../support/world';

const QUESTIONS = join(packageRoot, 'test', 'questions');

let world: World;
beforeAll(async () => {
  world = await openWorld('sqlite', 1);
});
afterAll(() => world?.close());

test('charges callers of the questions exactly the estimated costs', async () => {
  const names = readdirSync(QUESTIONS).filter((name) => name.endsWith('.graphql'));
  expect(names).toHaveLength(32);
  let spent = 0;
  for (const name of names)
    for (let time = 0; time < 2; time++) {
      const query = readFileSync(join(QUESTIONS, name), 'utf8');
      const { cost } = (await world.ask(query, questionVariables[name.slice(0, 2)])).extensions;
      spent += cost.estimated;
      expect([name, cost.budget - cost.remaining]).toEqual([name, spent]);
    }
});
