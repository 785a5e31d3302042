/*
 * What the gateway's own work for a request costs its caller, beside the objects that an operation is estimated to cost. It is taken when the
 * work is done, whatever is left of a budget, and whether the request is executed or refused. A unit is about 10 µs of one core; the figures
 * are measured in docs/decisions/0025. Requests of ordinary size do none of this work.
 */

/** Bytes of a body that cost nothing, and those that cost 1 beyond. */
const FREE_BYTES = 4_096;
const BYTES_A_UNIT = 150;

/** The same of values in variables. */
const FREE_VALUES = 200;
const VALUES_A_UNIT = 5;

/** The same of a document's tokens, while the document is not known to be valid. */
const FREE_TOKENS = 200;
const TOKENS_A_UNIT = 3;
/** Validation compares fragments with each other: pairs of them that cost 1. */
const PAIRS_A_UNIT = 50;

/** Of planning an operation that has no plan yet, and compiling the plan. */
export const COST_OF_PLANNING = 200;

/** Bytes of an answer that cost nothing, those that each unit of the estimate covers (about an object), and those that cost 1 beyond. */
const FREE_ANSWER_BYTES = 32_768;
const COVERED_BYTES = 150;
const ANSWER_BYTES_A_UNIT = 60;

const beyond = (count: number, free: number, perUnit: number): number =>
  Math.max(0, Math.ceil((count - free) / perUnit));

/** Of receiving a body and reading it as JSON. */
export const costOfBody = (bytes: number): number => beyond(bytes, FREE_BYTES, BYTES_A_UNIT);

/** Of checking and coercing variables. @param values objects and lists included */
export const costOfVariables = (values: number): number => beyond(values, FREE_VALUES, VALUES_A_UNIT);

/** Of one of an answer's errors. Those of validation come with suggestions from all of the schema. @param first of them */
export const costOfError = (first: { readonly extensions?: Readonly<Record<string, unknown>> } | undefined): number =>
  first?.extensions?.code === 'GRAPHQL_VALIDATION_FAILED' ? 10 : 1;

/** How large a document is. */
export interface DocumentSize {
  readonly tokens: number;
  readonly fragments: number;
}

/** Of parsing, validating, and normalizing a document. */
export const costOfDocument = ({ tokens, fragments }: DocumentSize): number =>
  beyond(tokens, FREE_TOKENS, TOKENS_A_UNIT) + Math.floor(fragments ** 2 / 2 / PAIRS_A_UNIT);

/** Of fetching and writing an answer that is larger than its objects usually are. @param estimated what has been paid for it */
export const costOfAnswer = (bytes: number, estimated: number): number =>
  beyond(bytes, FREE_ANSWER_BYTES + estimated * COVERED_BYTES, ANSWER_BYTES_A_UNIT);
