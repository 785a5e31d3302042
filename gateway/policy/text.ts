import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode, visit } from 'graphql';
import { PlanningError } from '../planning/errors';

/**
 * Text in the arguments of an operation. Fragments and variables repeat a text without repeating its bytes in the request, but the graph
 * works on each repetition.
 */
export interface ArgumentText {
  /** Characters of literals, counted wherever their fragment is spread. */
  readonly literals: number;
  /** How often each variable is used, likewise. */
  readonly uses: ReadonlyMap<string, number>;
}

/** What a definition writes itself: its text, and how often it spreads each fragment. */
interface Written extends ArgumentText {
  readonly spreads: ReadonlyMap<string, number>;
}

function written({ selectionSet }: { readonly selectionSet: SelectionSetNode }): Written {
  let literals = 0;
  const uses = new Map<string, number>();
  const spreads = new Map<string, number>();
  const literal = ({ value }: { readonly value: string }): void => {
    literals += value.length;
  };
  visit(selectionSet, {
    Variable: ({ name }) => add(uses, name.value, 1),
    StringValue: literal,
    IntValue: literal,
    FloatValue: literal,
    FragmentSpread: ({ name }) => add(spreads, name.value, 1),
  });
  return { literals, uses, spreads };
}

const add = (counts: Map<string, number>, name: string, count: number): void =>
  void counts.set(name, (counts.get(name) ?? 0) + count);

/** Reads each fragment once, so that the work does not grow with its spreads. @param document valid */
export function argumentText(document: DocumentNode, operation: OperationDefinitionNode): ArgumentText {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const whole = written(operation);
  // each fragment after those that it spreads
  const ordered = new Map<string, Written>();
  const order = (name: string): void => {
    const fragment = fragments.get(name);
    if (!fragment || ordered.has(name)) return;
    const text = written(fragment);
    for (const spread of text.spreads.keys()) order(spread);
    ordered.set(name, text);
  };
  for (const name of whole.spreads.keys()) order(name);
  let { literals } = whole;
  const uses = new Map(whole.uses);
  const times = new Map(whole.spreads);
  // all that spread a fragment come before it
  for (const [name, text] of [...ordered].reverse()) {
    const count = times.get(name)!;
    literals += count * text.literals;
    for (const [variable, number] of text.uses) add(uses, variable, count * number);
    for (const [spread, number] of text.spreads) add(times, spread, count * number);
  }
  return { literals, uses };
}

/** @param values coerced variables, with defaults @throws PlanningError OPERATION_TOO_LARGE */
export function textWithin({ literals, uses }: ArgumentText, values: Readonly<Record<string, unknown>>, most: number) {
  let length = literals;
  for (const [name, times] of uses) length += times * textLength(values[name]);
  if (length > most)
    throw new PlanningError(
      'OPERATION_TOO_LARGE',
      `The operation has ${length} characters of text in its arguments, with its fragments and variables expanded, and the limit is ${most}; split it`,
      { status: 400 },
    );
}

/** Characters of all texts in a value. */
function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((length, inner) => length + textLength(inner), 0);
}
