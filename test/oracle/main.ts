import { parseOptions } from '../support/options';
import { runContests } from './run';

const values = parseOptions({
  minutes: { type: 'string', default: '5' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  operations: { type: 'string', default: 'Infinity' },
  only: { type: 'string' },
});
console.log(`seed ${values.seed}`);
runContests({
  from: Number(values.seed),
  operations: Number(values.operations),
  milliseconds: Number(values.minutes) * 60_000,
  only: values.only,
  say: console.log,
}).then(({ differences, operations, referenceWrong }) => {
  console.log(
    `\n${operations} operations, ${referenceWrong}responses of the reference that violate the specification, ${differences.length} differences`,
  );
  process.exit(differences.length > 0 ? 1 : 0);
});
