import type { Answer, Extensions, GraphError, Withheld } from '../graph/ask';
import type { Dependence, Readable } from './withheld-words';

/** What is known of an operation's answer. */
export interface FeedState<Data = unknown> {
  readonly data?: Data;
  readonly errors: readonly GraphError[];
  readonly withheld: readonly Withheld[];
  readonly handling?: Extensions['sensitivity'];
  /** When the data arrived; undefined until the first answer is complete. */
  readonly arrivedAt?: number;
  /** Why the latest request had no answer, while older data are shown. */
  readonly failure?: string;
}

export const EMPTY: FeedState<never> = { errors: [], withheld: [] };

/** The state after an answer, or after a part of one. */
export function received<Data>(
  before: FeedState<Data>,
  { data, errors = [], extensions = {} }: Answer<Data>,
  arrivedAt: number | undefined,
): FeedState<Data> {
  // a refused request says nothing about the figures
  if (!data && errors.length > 0 && !errors.some(isAway)) return { ...before, failure: errors[0]!.message };
  return {
    data: data ?? undefined,
    errors,
    withheld: extensions.withheld ?? [],
    handling: extensions.sensitivity,
    arrivedAt: arrivedAt ?? before.arrivedAt,
  };
}

/** Whether an error says that a subgraph could not answer, rather than that it would not. */
export const isAway = ({ extensions }: GraphError): boolean =>
  /^(SUBGRAPH_|DATABASE_|DOWNSTREAM_|RECORD_UNAVAILABLE)/.test(extensions?.code ?? '');

/** What a panel needs of an answer. */
export interface Needs {
  /** Paths of the fields that it shows, as `executiveOrder.reviewMetrics`. */
  readonly paths: readonly string[];
  /** Fields and lists whose withholding leaves it nothing to show, as `Query.submissions`. */
  readonly reads?: readonly Readable[];
}

export type PanelState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'away'; readonly subgraph: string }
  | { readonly kind: 'withheld'; readonly entry: Withheld }
  | { readonly kind: 'failed'; readonly message: string };

/** What a panel shows of an answer. */
export function panelState(feed: FeedState, { paths, reads = [] }: Needs): PanelState {
  const errors = feed.errors.filter(({ path }) => path === undefined || paths.some((needed) => isWithin(path, needed)));
  const away = errors.find(isAway);
  if (away) return { kind: 'away', subgraph: String(away.extensions?.subgraph ?? 'the graph') };
  const entry = feed.withheld.find(
    ({ coordinate, readable }) =>
      readable === 'NONE' && coordinate !== undefined && reads.includes(coordinate as Readable),
  );
  if (entry) return { kind: 'withheld', entry };
  const values = paths.map((path) => valueAt(feed.data, path));
  if (values.some((value) => value === undefined) && (feed.arrivedAt === undefined || !feed.data))
    return feed.failure === undefined ? { kind: 'loading' } : { kind: 'failed', message: feed.failure };
  const [error] = errors;
  if (error && values.some((value) => value === null || value === undefined))
    return { kind: 'failed', message: error.message };
  return { kind: 'ready' };
}

/** Figures whose small counts are hidden from some: those see them later than others. */
const METRICS = /^ExecutiveOrder\.(\w+)Metrics$/;

/** How the figures of a panel depend on who asks. */
export function dependencesOf({ withheld }: FeedState, { reads = [] }: Needs): Dependence[] {
  const some = withheld.filter(({ readable }) => readable === 'SOME');
  const isOfRows = some.some(
    ({ coordinate, kind }) => kind !== 'SMALL_COUNTS' && reads.includes(coordinate as Readable),
  );
  const metrics = reads.flatMap((name) => METRICS.exec(name)?.[1]?.toLowerCase() ?? []);
  const isOfTime = some.some(
    ({ coordinate = '', kind }) =>
      kind === 'SMALL_COUNTS' && metrics.some((name) => coordinate.toLowerCase().startsWith(`${name}metrics.`)),
  );
  return [...(isOfRows ? (['rows'] as const) : []), ...(isOfTime ? (['time'] as const) : [])];
}

/** Whether an error at a path leaves out something of a needed field. */
function isWithin(path: readonly (string | number)[], needed: string): boolean {
  const names = path.filter((part) => typeof part === 'string').join('.');
  return names === needed || names.startsWith(`${needed}.`) || needed.startsWith(`${names}.`);
}

/** The value at a path: undefined if it has not arrived, null if it is null or within null. */
function valueAt(data: unknown, path: string): unknown {
  let value = data;
  for (const name of path.split('.')) {
    if (value === undefined || value === null) return value;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Whether an object of an answer belongs to an exercise. */
export function hasExercise(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasExercise);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, part]) => (name === 'exercise' && part === true) || hasExercise(part));
}
