import { buildASTSchema, type ConstDirectiveNode, type GraphQLSchema, Kind, parse, valueFromASTUntyped } from 'graphql';
import type { Sensitivity } from '#base/sensitivity';
import { caller, headers } from './session';

/** The graph's schema, with what its annotations say. */
export interface AnnotatedSchema {
  readonly schema: GraphQLSchema;
  /** Sensitivity class of a field, by `Type.field`. */
  classOf(coordinate: string): Sensitivity | undefined;
  /** Subgraphs that resolve a field, or have a part of a type, with the agencies that own them. */
  ownersOf(coordinate: string): readonly Owner[];
}

export interface Owner {
  readonly subgraph: string;
  readonly agencies: readonly string[];
}

const loaded = new Map<string | undefined, Promise<AnnotatedSchema>>();

/** The schema as the caller may see it. @throws Error in words, if the caller may not */
export function loadSchema(): Promise<AnnotatedSchema> {
  const { token } = caller.value;
  const known = loaded.get(token);
  if (known) return known;
  const loading = fetchSchema();
  loaded.set(token, loading);
  loading.catch(() => loaded.delete(token));
  return loading;
}

async function fetchSchema(): Promise<AnnotatedSchema> {
  const response = await fetch('/schema.graphql?annotated', { headers: headers.value });
  const text = await response.text();
  if (!response.ok) throw new Error(messageIn(text) ?? `The schema could not be loaded (status ${response.status})`);
  const document = parse(text, { noLocation: true });
  const classes = new Map<string, Sensitivity>();
  const owners = new Map<string, Owner[]>();
  const note = (coordinate: string, directives: readonly ConstDirectiveNode[] = []) => {
    for (const { name, arguments: given = [] } of directives) {
      const values = Object.fromEntries(given.map((one) => [one.name.value, valueFromASTUntyped(one.value)]));
      if (name.value === 'sensitivity') classes.set(coordinate, values.class as Sensitivity);
      if (name.value === 'owner')
        owners.set(coordinate, [...(owners.get(coordinate) ?? []), values as unknown as Owner]);
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    note(definition.name.value, definition.directives);
    for (const field of definition.fields ?? []) note(`${definition.name.value}.${field.name.value}`, field.directives);
  }
  return {
    schema: buildASTSchema(document, { assumeValid: true, assumeValidSDL: true }),
    classOf: (coordinate) => classes.get(coordinate),
    ownersOf: (coordinate) => owners.get(coordinate) ?? owners.get(coordinate.split('.')[0]!) ?? [],
  };
}

function messageIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { errors?: { message: string }[] }).errors?.[0]?.message;
  } catch {
    return undefined;
  }
}
