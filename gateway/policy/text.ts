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

const NONE: ArgumentText = { literals: 0, uses: new Map() };

/** Measures each fragment once, so that the work does not grow with its spreads. @param document valid */
export function argumentText(document: DocumentNode, operation: OperationDefinitionNode): ArgumentText {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const measured = new Map<string, ArgumentText>();
  const ofFragment = (name: string): ArgumentText => {
    const cached = measured.get(name);
    if (cached) return cached;
    const fragment = fragments.get(name);
    const text = fragment ? measure(fragment) : NONE;
    measured.set(name, text);
    return text;
  };
  const measure = ({ selectionSet }: { readonly selectionSet: SelectionSetNode }): ArgumentText => {
    let literals = 0;
    const uses = new Map<string, number>();
    const use = (name: string, times: number): void => void uses.set(name, (uses.get(name) ?? 0) + times);
    const literal = ({ value }: { readonly value: string }): void => {
      literals += value.length;
    };
    visit(selectionSet, {
      Variable: ({ name }) => use(name.value, 1),
      StringValue: literal,
      IntValue: literal,
      FloatValue: literal,
      FragmentSpread: ({ name }) => {
        const spread = ofFragment(name.value);
        literals += spread.literals;
        for (const [variable, times] of spread.uses) use(variable, times);
      },
    });
    return { literals, uses };
  };
  return measure(operation);
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
