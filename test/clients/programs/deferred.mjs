const CAPACITY =
  'capacity(first: 2, orderBy: [{ field: VACANT, direction: DESC }]) { nodes { id vacant workRole { id code name } } }';

const inline = (directives) => `query Deferred($key: ID!, $on: Boolean = true, $skip: Boolean = false) {
  agency(key: $key) {
    id
    key
    name @skip(if: $skip)
    ...${directives} { ${CAPACITY} }
    abbreviation @include(if: $on)
  }
}`;

const named = (directives) => `query Deferred($key: ID!, $on: Boolean = true, $skip: Boolean = false) {
  agency(key: $key) {
    id
    key
    name @skip(if: $skip)
    ...Capacity ${directives}
    abbreviation @include(if: $on)
  }
}
fragment Capacity on Agency { ${CAPACITY} }`;

const KEY = { key: 'treasury' };

/**
 * Queries with `@defer` on fields of another subgraph. `parts` is the number of fragments that the query defers with its variables.
 * Every variable is also used outside `@defer`, so that the query stays valid without the directive.
 */
export const DEFERRED = [
  { name: 'always', parts: 1, query: inline('@defer'), variables: KEY },
  { name: 'if true', parts: 1, query: inline('@defer(if: true)'), variables: KEY },
  { name: 'if false', parts: 0, query: inline('@defer(if: false)'), variables: KEY },
  { name: 'if a true variable', parts: 1, query: inline('@defer(if: $on)'), variables: { ...KEY, on: true } },
  { name: 'if a false variable', parts: 0, query: inline('@defer(if: $on)'), variables: { ...KEY, on: false } },
  { name: 'if a variable true by default', parts: 1, query: inline('@defer(if: $on)'), variables: KEY },
  { name: 'a named fragment', parts: 1, query: named('@defer'), variables: KEY },
  {
    name: 'a named fragment if a false variable',
    parts: 0,
    query: named('@defer(if: $on)'),
    variables: { ...KEY, on: false },
  },
  {
    name: 'with a label',
    parts: 1,
    query: inline('@defer(label: "capacity", if: $on)'),
    variables: { ...KEY, on: true },
  },
  {
    name: 'beside a false @skip',
    parts: 1,
    query: inline('@defer(if: $on) @skip(if: $skip)'),
    variables: { ...KEY, skip: false },
  },
  {
    name: 'beside a true @skip',
    parts: 0,
    query: inline('@defer(if: $on) @skip(if: $skip)'),
    variables: { ...KEY, skip: true },
  },
  {
    name: 'if a false variable beside a false @skip',
    parts: 0,
    query: inline('@defer(if: $on) @skip(if: $skip)'),
    variables: { ...KEY, on: false, skip: false },
  },
  {
    name: 'at the root',
    parts: 1,
    query:
      'query Deferred($key: ID!) { sector(key: $key) { id key } ... @defer { agencies(kind: DEPARTMENT) { id key } } }',
    variables: { key: 'energy' },
  },
  {
    name: 'in a list',
    parts: 1,
    query: `query Deferred { agencies { id key ... @defer { ${CAPACITY} } } }`,
    variables: {},
  },
  {
    name: 'nested',
    parts: 2,
    query: `query Deferred($key: ID!) {
      agency(key: $key) {
        id
        key
        ... @defer(label: "outer") { reviews(first: 2) { nodes { id ... @defer(label: "inner") { submission { id number } } } } }
      }
    }`,
    variables: KEY,
  },
];

/** The same query without `@defer`. */
export const whole = (query) => query.replaceAll(/@defer(\([^)]*\))?/g, '').replace('query Deferred', 'query Whole');
