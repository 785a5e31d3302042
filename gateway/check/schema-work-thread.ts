import { parentPort } from 'node:worker_threads';
import { coordinatesIn } from '../graph/coordinates';
import { type CheckInput, type CheckReport, check } from './check';

// runs in a thread of its own: composition takes seconds

/** Work for this thread: a change to check, or a supergraph whose parts to describe. */
export type SchemaWork = { readonly check: CheckInput } | { readonly describe: string };

/** Maximum entries of each list of a report, and characters of each text in it. */
const MAX_ENTRIES = 500;
const MAX_CHARACTERS = 500;

/** A report with short lists and texts: a schema may have thousands of problems, and long names in each. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MAX_CHARACTERS ? `${value.slice(0, MAX_CHARACTERS)}…` : value;
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, shortened(entry)]));
}

/** The verdict on a change, shortened here: the limit of memory is that of this thread. */
function verdictOf({ supergraph, ...report }: CheckReport): object {
  const short = shortened(report) as Pick<CheckReport, 'passed' | 'problems'>;
  return { passed: short.passed, problems: short.problems, supergraph, report: JSON.stringify(short) };
}

const answerOf = async (work: SchemaWork): Promise<unknown> =>
  'check' in work ? verdictOf(await check(work.check)) : coordinatesIn(work.describe);

// a failure ends the thread, with the error
parentPort!.on('message', (work: SchemaWork) => void answerOf(work).then((answer) => parentPort!.postMessage(answer)));
