import {
  __Schema,
  __Type,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { randomIntegers } from '../support/random';

/** A stream of numbers determined by a seed. */
export function randomOf(seed: number): (below: number) => number {
  const next = randomIntegers(seed);
  return (below) => next() % below;
}

export interface Generated {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** An operation over a schema: fields, aliases, fragments, conditions, arguments as literals and variables. Mostly valid. */
export function generateOperation(
  schema: GraphQLSchema,
  seed: number,
  { defers = false, introspects = false } = {},
): Generated {
  const random = randomOf(seed);
  const oneIn = (n: number) => random(n) === 0;
  const variables: Record<string, unknown> = {};
  const definitions: string[] = [];
  const fragments: string[] = [];
  /** Complete fragments, which may be spread again. */
  const complete: { name: string; on: string }[] = [];
  let budget = 5 + random(35);

  const variable = (type: string, value: unknown, fallback?: string): string => {
    const name = `v${definitions.length}`;
    definitions.push(`$${name}: ${type}${fallback === undefined ? '' : ` = ${fallback}`}`);
    if (value !== undefined) variables[name] = value;
    return `$${name}`;
  };

  const booleans: string[] = [];
  const boolean = (): string => {
    if (oneIn(3)) return String(oneIn(2));
    // the same variable in several conditions includes less, or more, than each alone
    if (booleans.length > 0 && oneIn(3)) return booleans[random(booleans.length)]!;
    const value = oneIn(4)
      ? variable('Boolean', oneIn(2) ? oneIn(2) : undefined, String(oneIn(2)))
      : variable('Boolean!', oneIn(2));
    booleans.push(value);
    return value;
  };

  const condition = (): string => {
    if (!oneIn(9)) return '';
    const names = oneIn(6) ? ['skip', 'include'] : [oneIn(2) ? 'skip' : 'include'];
    return names.map((name) => ` @${name}(if: ${boolean()})`).join('');
  };

  const defer = (): string => {
    if (!defers || oneIn(3)) return '';
    const args = [`label: "d${random(1_000_000)}"`, ...(oneIn(4) ? [`if: ${variable('Boolean!', !oneIn(3))}`] : [])];
    return ` @defer(${args.join(', ')})`;
  };

  const inputOf = (type: GraphQLInputType): unknown => {
    if (isNonNullType(type)) return inputOf(type.ofType) ?? inputOf(type);
    if (oneIn(10)) return null;
    if (isListType(type)) return Array.from({ length: random(3) }, () => inputOf(type.ofType));
    if (isEnumType(type)) return type.getValues()[random(type.getValues().length)]!.name;
    if (isInputObjectType(type))
      return Object.fromEntries(
        Object.values(type.getFields())
          .filter((field) => isNonNullType(field.type) || oneIn(2))
          .map((field) => [field.name, inputOf(field.type)]),
      );
    const number = random(6);
    if (type.name === 'Int') return number;
    if (type.name === 'Float') return number / 2;
    if (type.name === 'Boolean') return number > 2;
    return `id.${number}`;
  };

  /** A value as a document contains it; values within it may be variables. */
  const literalOf = (type: GraphQLInputType, value: unknown, hasVariables: boolean): string => {
    const inner = (of: GraphQLInputType, fieldValue: unknown) =>
      hasVariables && oneIn(5) ? variable(String(of), fieldValue) : literalOf(of, fieldValue, hasVariables);
    if (isNonNullType(type)) return literalOf(type.ofType, value, hasVariables);
    if (value === null || isLeafType(type))
      return isEnumType(type) && value !== null ? String(value) : JSON.stringify(value);
    if (isListType(type)) return `[${(value as unknown[]).map((item) => inner(type.ofType, item)).join(', ')}]`;
    const fields = type.getFields();
    return `{ ${Object.entries(value as object)
      .map(([name, field]) => `${name}: ${inner(fields[name]!.type, field)}`)
      .join(', ')} }`;
  };

  const argumentsOf = (field: GraphQLField<unknown, unknown>): string => {
    const args = field.args
      .filter((argument) => (isNonNullType(argument.type) && argument.defaultValue === undefined) || !oneIn(3))
      .map(({ name, type }) => {
        const value = inputOf(type);
        if (oneIn(2)) return `${name}: ${literalOf(type, value, true)}`;
        if (isNonNullType(type) || !oneIn(4)) return `${name}: ${variable(String(type), value)}`;
        const defaultValue = oneIn(2) ? value : undefined;
        return `${name}: ${variable(String(type), defaultValue, oneIn(4) ? undefined : literalOf(type, inputOf(type), false))}`;
      });
    return args.length > 0 ? `(${args.join(', ')})` : '';
  };

  const selectionSet = (type: GraphQLCompositeType, depth: number): string => {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const parts: string[] = [];
    const count = 1 + random(5);
    for (let i = 0; i < count; i++) {
      budget -= 1;
      if (oneIn(7)) parts.push(`${oneIn(3) ? 'kind: ' : ''}__typename${condition()}`);
      else if (introspects && type === schema.getQueryType() && oneIn(20)) parts.push(introspection(depth));
      else if (depth > 0 && (oneIn(defers ? 3 : 6) || (fields.length === 0 && budget > 0)))
        parts.push(fragment(type, depth));
      else if (fields.length > 0) {
        const field = fields[random(fields.length)]!;
        const named = getNamedType(field.type);
        if (isCompositeType(named) && (depth === 0 || budget < 0)) continue;
        const names = ['id', 'name', 'a', 'b', 'constructor', '__proto__', fields[random(fields.length)]!.name];
        const alias = oneIn(5) ? `${names[random(names.length)]}: ` : '';
        const inner = isCompositeType(named) ? ` ${selectionSet(named, depth - 1)}` : '';
        parts.push(`${alias}${field.name}${argumentsOf(field)}${condition()}${inner}`);
      }
    }
    return `{ ${parts.length > 0 ? parts.join(' ') : '__typename'} }`;
  };

  const introspection = (depth: number): string => {
    const alias = oneIn(3) ? 'id: ' : '';
    if (oneIn(2)) return `${alias}__schema${condition()} ${selectionSet(__Schema, depth)}`;
    const names = ['Query', 'Missing', ...Object.keys(schema.getTypeMap())];
    const name = names[random(names.length)]!;
    const value = oneIn(2) ? variable('String!', name) : JSON.stringify(name);
    return `${alias}__type(name: ${value})${condition()} ${selectionSet(__Type, depth)}`;
  };

  const fragment = (type: GraphQLCompositeType, depth: number): string => {
    const others = isAbstractType(type)
      ? [...schema.getPossibleTypes(type), type]
      : [type, ...(isObjectType(type) ? type.getInterfaces() : [])];
    const on = others[random(others.length)]!;
    if (oneIn(3)) {
      const reusable = complete.filter((candidate) => candidate.on === on.name);
      let name = reusable.length > 0 && oneIn(2) ? reusable[random(reusable.length)]!.name : undefined;
      if (name === undefined) {
        name = `F${fragments.length}`;
        const index = fragments.push('') - 1;
        fragments[index] = `fragment ${name} on ${on.name} ${selectionSet(on, depth - 1)}`;
        complete.push({ name, on: on.name });
      }
      return `...${name}${condition()}${defer()}`;
    }
    return `...${oneIn(4) && on === type ? '' : ` on ${on.name}`}${condition()}${defer()} ${selectionSet(on, depth - 1)}`;
  };

  const body = selectionSet(schema.getQueryType()!, 5);
  const head = definitions.length > 0 ? `query Generated(${definitions.join(', ')})` : oneIn(2) ? 'query' : '';
  return { query: `${head} ${body} ${fragments.join(' ')}`.trim(), variables };
}
