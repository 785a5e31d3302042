import { text } from 'node:stream/consumers';

/**
 * Runs the scenario named by the first argument with the JSON from standard input, and prints its result as JSON.
 * Console output of clients goes to standard error: standard output has the result only.
 */
export async function runScenarios(scenarios) {
  console.log = console.error;
  console.info = console.error;
  const name = process.argv[2];
  if (!(name in scenarios)) throw new Error(`unknown scenario "${name}": use ${Object.keys(scenarios).join(', ')}`);
  const result = await scenarios[name](JSON.parse(await text(process.stdin)));
  // some clients keep sockets or timers open
  process.stdout.write(JSON.stringify(result), () => process.exit());
}
