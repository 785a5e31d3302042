import { parseOptions } from '../support/options';
import { runContests } from './run';
import { zoo } from './zoo';

const values = parseOptions({
  minutes: { type: 'string', default: '5' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  operations: { type: 'string', default: 'Infinity' },
  only: { type: 'string' },
});
if (values.only && !zoo.some(({ name }) => name.includes(values.only!))) {
  console.error(
    `No exhibit has "${values.only}" in its name. Exhibits:\n  ${zoo.map(({ name }) => name).join('\n  ')}`,
  );
  process.exit(2);
}
console.log(`seed ${values.seed}`);
// planners' processes do not keep this one alive; ending early is a failure
process.exitCode = 1;
const alive = setInterval(() => {}, 60_000);
runContests({
  from: Number(values.seed),
  operations: Number(values.operations),
  milliseconds: Number(values.minutes) * 60_000,
  only: values.only,
  say: console.log,
}).then(({ differences, operations, referenceWrong }) => {
  clearInterval(alive);
  console.log(
    `\n${operations} operations, ${referenceWrong} responses of the reference that violate the specification, ${differences.length} differences`,
  );
  process.exit(differences.length > 0 || operations === 0 ? 1 : 0);
});
