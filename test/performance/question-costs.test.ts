import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lexer, Source, TokenKind } from 'graphql';
import { packageRoot } from '#base/package-root';
import { questionVariables } from '../questions/variables';
import { openWorld, type World } from '../support/world';

const QUESTIONS = join(packageRoot, 'test', 'questions');

/** Documents of up to 200 tokens are free. */
function costOfReading(query: string): number {
  const lexer = new Lexer(new Source(query));
  let tokens = 0;
  while (lexer.advance().kind !== TokenKind.EOF) tokens += 1;
  return Math.max(0, Math.ceil((tokens - 200) / 3));
}

let world: World;
beforeAll(async () => {
  world = await openWorld('sqlite', 1);
});
afterAll(() => world?.close());

test('charges callers of the questions what they cost, and once the reading of documents over 200 tokens', async () => {
  const names = readdirSync(QUESTIONS).filter((name) => name.endsWith('.graphql'));
  expect(names.length).toBeGreaterThan(30);
  let spent = 0;
  for (const name of names)
    for (let time = 0; time < 2; time++) {
      const query = readFileSync(join(QUESTIONS, name), 'utf8');
      const { cost } = (await world.ask(query, questionVariables[name.slice(0, 2)])).extensions;
      spent += cost.actual! + (time === 0 ? costOfReading(query) : 0);
      expect([name, cost.budget - cost.remaining]).toEqual([name, spent]);
    }
});
