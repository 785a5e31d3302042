import { OperatorError } from '#base/errors';
import { nearest } from '#base/nearest';
import type { Answer } from '../export/ask';

/** A type of the schema, as introspection shows it. */
interface TypeRef {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType: TypeRef | null;
}

/** A field of the items that a bulk mutation takes. */
export interface ItemField {
  readonly name: string;
  readonly isRequired: boolean;
  readonly isList: boolean;
  /** How a cell becomes a value. */
  readonly kind: 'integer' | 'number' | 'boolean' | 'object' | 'text';
  /** Names of the values, for an enum. */
  readonly values?: readonly string[];
}

/** A bulk mutation, and what its items may have. */
export interface BulkMutation {
  readonly name: string;
  readonly inputType: string;
  readonly fields: readonly ItemField[];
}

const TYPE = 'kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }';
const TYPE_QUERY = `query ($name: String!) { __type(name: $name) { inputFields { name defaultValue type { ${TYPE} } } } }`;
const NAMES_QUERY = '{ __schema { mutationType { fields { name } } } }';

interface InputField {
  readonly name: string;
  readonly defaultValue: string | null;
  readonly type: TypeRef;
}

type Query = (query: string, variables: Readonly<Record<string, unknown>>) => Promise<Answer>;

const capitalized = (name: string): string => `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`;

const named = (type: TypeRef): TypeRef => (type.ofType ? named(type.ofType) : type);
const hasList = (type: TypeRef): boolean => type.kind === 'LIST' || (type.ofType !== null && hasList(type.ofType));

async function inputFieldsOf(query: Query, name: string): Promise<readonly InputField[] | undefined> {
  const { data, errors } = await query(TYPE_QUERY, { name });
  if (errors) throw new OperatorError(`The graph does not describe its schema: ${errors[0]!.message}`, 'Sign in');
  return (data as { __type: { inputFields: readonly InputField[] | null } | null }).__type?.inputFields ?? undefined;
}

/**
 * Asks the graph what a bulk mutation takes.
 * @throws OperatorError unless the schema has a bulk mutation of this name
 */
export async function bulkMutation(name: string, query: Query): Promise<BulkMutation> {
  const inputType = `${capitalized(name)}Input`;
  const input = /^[a-z]\w*$/.test(name) ? await inputFieldsOf(query, inputType) : undefined;
  const items = input?.find((field) => field.name === 'items');
  if (!items) throw await unknownMutation(name, input !== undefined, query);
  const fields = await inputFieldsOf(query, named(items.type).name!);
  const enums = new Map<string, readonly string[]>();
  for (const { type } of fields!)
    if (named(type).kind === 'ENUM') enums.set(named(type).name!, await valuesOf(query, named(type).name!));
  return { name, inputType, fields: fields!.map((field) => itemField(field, enums)) };
}

async function valuesOf(query: Query, name: string): Promise<readonly string[]> {
  const { data } = await query('query ($name: String!) { __type(name: $name) { enumValues { name } } }', { name });
  return (data as { __type: { enumValues: readonly { name: string }[] } }).__type.enumValues.map((value) => value.name);
}

async function unknownMutation(name: string, isSingle: boolean, query: Query): Promise<OperatorError> {
  const { data } = await query(NAMES_QUERY, {});
  const { mutationType } = (data as { __schema: { mutationType: { fields: readonly { name: string }[] } } }).__schema;
  const names = mutationType.fields.map((field) => field.name);
  const plural = names.filter((other) => other !== name && other.startsWith(name.replace(/y$/, '')));
  return new OperatorError(
    isSingle ? `"${name}" changes one object at a time` : `The graph has no mutation "${name}"${nearest(name, names)}`,
    isSingle && plural.length > 0
      ? `Use its form for many objects: ${plural.join(' or ')}`
      : 'Use a mutation with "items", such as recordApplications',
  );
}

function itemField({ name, type, defaultValue }: InputField, enums: ReadonlyMap<string, readonly string[]>): ItemField {
  const { kind, name: typeName } = named(type);
  return {
    name,
    isRequired: type.kind === 'NON_NULL' && defaultValue === null,
    isList: hasList(type),
    values: enums.get(typeName ?? ''),
    kind:
      kind === 'INPUT_OBJECT'
        ? 'object'
        : typeName === 'Int'
          ? 'integer'
          : typeName === 'Float'
            ? 'number'
            : typeName === 'Boolean'
              ? 'boolean'
              : 'text',
  };
}
