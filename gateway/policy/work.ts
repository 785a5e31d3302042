/*
 * The cost of the gateway's work for a request, in addition to the estimated cost of its operation. The caller is charged when the
 * work is done, even beyond its budget, and whether the request is executed or rejected. A unit is about 10 µs of one core; the figures
 * are measured in docs/decisions/0025. Requests of ordinary size stay below the free amounts.
 */

/** Free bytes of a body, and further bytes per unit. */
const FREE_BYTES = 4_096;
const BYTES_A_UNIT = 150;

/** Free values in variables, and further values per unit. */
const FREE_VALUES = 200;
const VALUES_A_UNIT = 5;

/** Free tokens of a new document, and further tokens per unit. */
const FREE_TOKENS = 200;
const TOKENS_A_UNIT = 3;
/** Pairs of fragments per unit: validation compares each pair. */
const PAIRS_A_UNIT = 50;

/** Cost of planning an operation and compiling its plan. */
export const COST_OF_PLANNING = 200;

/** Free selections of an operation with its fragments expanded, and further selections per unit. */
const FREE_SELECTIONS = 500;
const SELECTIONS_A_UNIT = 1;
/** Pairs of selections per unit of planning: its time grows with their square, 0.9 s of a core for 1,800. */
const PLANNED_PAIRS_A_UNIT = 36;

/** Free bytes of an answer, bytes that each unit of the estimate covers (about an object), and further bytes per unit. */
const FREE_ANSWER_BYTES = 32_768;
const COVERED_BYTES = 150;
const ANSWER_BYTES_A_UNIT = 60;

const beyond = (count: number, free: number, perUnit: number): number =>
  Math.max(0, Math.ceil((count - free) / perUnit));

/** Cost of receiving a body and parsing it as JSON. */
export const costOfBody = (bytes: number): number => beyond(bytes, FREE_BYTES, BYTES_A_UNIT);

/** Cost of checking and coercing variables. @param values their number, objects and lists included */
export const costOfVariables = (values: number): number => beyond(values, FREE_VALUES, VALUES_A_UNIT);

/** Cost of one error of an answer. Validation errors cost more: suggestions search the schema. @param first the answer's first error */
export const costOfError = (first: { readonly extensions?: Readonly<Record<string, unknown>> } | undefined): number =>
  first?.extensions?.code === 'GRAPHQL_VALIDATION_FAILED' ? 10 : 1;

/** The size of a document. */
export interface DocumentSize {
  readonly tokens: number;
  readonly fragments: number;
}

/** Cost of expanding an operation, each time that no expansion is cached. @param selections with its fragments expanded */
export const costOfExpansion = (selections: number): number => beyond(selections, FREE_SELECTIONS, SELECTIONS_A_UNIT);

/** Cost of planning an operation beyond its usual size. @param selections with its fragments expanded */
export const costOfLargePlan = (selections: number): number =>
  beyond(selections ** 2, FREE_SELECTIONS ** 2, PLANNED_PAIRS_A_UNIT);

/** Cost of parsing and validating a document. */
export const costOfDocument = ({ tokens, fragments }: DocumentSize): number =>
  beyond(tokens, FREE_TOKENS, TOKENS_A_UNIT) + Math.floor(fragments ** 2 / 2 / PAIRS_A_UNIT);

/** Cost of fetching and writing an answer beyond its usual size. @param estimated cost already charged */
export const costOfAnswer = (bytes: number, estimated: number): number =>
  beyond(bytes, FREE_ANSWER_BYTES + estimated * COVERED_BYTES, ANSWER_BYTES_A_UNIT);
