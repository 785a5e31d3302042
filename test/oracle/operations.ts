import {
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
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** A stream of numbers that follows from a seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export interface Generated {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** An operation over a schema: fields, aliases, fragments, conditions, arguments as literals and variables. Mostly valid. */
export function generateOperation(schema: GraphQLSchema, seed: number, { defers = false } = {}): Generated {
  const random = randomOf(seed);
  const oneIn = (n: number) => random(n) === 0;
  const variables: Record<string, unknown> = {};
  const definitions: string[] = [];
  const fragments: string[] = [];
  let budget = 5 + random(35);

  const variable = (type: string, value: unknown, fallback?: string): string => {
    const name = `v${definitions.length}`;
    definitions.push(`$${name}: ${type}${fallback === undefined ? '' : ` = ${fallback}`}`);
    if (value !== undefined) variables[name] = value;
    return `$${name}`;
  };

  const condition = (): string => {
    if (!oneIn(9)) return '';
    const value = oneIn(3) ? String(oneIn(2)) : variable('Boolean!', oneIn(2), undefined);
    return ` @${oneIn(2) ? 'skip' : 'include'}(if: ${value})`;
  };

  const defer = (): string => {
    if (!defers || oneIn(3)) return '';
    const given = [`label: "d${random(1_000_000)}"`, ...(oneIn(4) ? [`if: ${variable('Boolean!', !oneIn(3))}`] : [])];
    return ` @defer(${given.join(', ')})`;
  };

  const input = (type: GraphQLInputType): { value: unknown; literal: string } => {
    if (isNonNullType(type)) return input(type.ofType);
    if (isListType(type)) {
      const items = Array.from({ length: random(3) }, () => input(type.ofType));
      return { value: items.map(({ value }) => value), literal: `[${items.map(({ literal }) => literal).join(', ')}]` };
    }
    if (isEnumType(type)) {
      const { name } = type.getValues()[random(type.getValues().length)]!;
      return { value: name, literal: name };
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields())
        .filter((field) => isNonNullType(field.type) || oneIn(2))
        .map((field) => [field.name, input(field.type)] as const);
      return {
        value: Object.fromEntries(fields.map(([name, one]) => [name, one.value])),
        literal: `{ ${fields.map(([name, one]) => `${name}: ${one.literal}`).join(', ')} }`,
      };
    }
    const number = random(6);
    if (type.name === 'Int') return { value: number, literal: String(number) };
    if (type.name === 'Float') return { value: number / 2, literal: String(number / 2) };
    if (type.name === 'Boolean') return { value: number > 2, literal: String(number > 2) };
    return { value: `id.${number}`, literal: JSON.stringify(`id.${number}`) };
  };

  const argumentsOf = (field: GraphQLField<unknown, unknown>): string => {
    const given = field.args
      .filter((argument) => (isNonNullType(argument.type) && argument.defaultValue === undefined) || !oneIn(3))
      .map((argument) => {
        const { value, literal } = input(argument.type);
        if (oneIn(2)) return `${argument.name}: ${literal}`;
        if (oneIn(4) && !isNonNullType(argument.type))
          return `${argument.name}: ${variable(String(argument.type), oneIn(2) ? value : undefined, literal)}`;
        return `${argument.name}: ${variable(String(argument.type), value)}`;
      });
    return given.length > 0 ? `(${given.join(', ')})` : '';
  };

  const selectionSet = (type: GraphQLCompositeType, depth: number): string => {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const parts: string[] = [];
    const count = 1 + random(5);
    for (let i = 0; i < count; i++) {
      budget -= 1;
      if (oneIn(7)) parts.push(oneIn(3) ? 'kind: __typename' : '__typename');
      else if (depth > 0 && (oneIn(6) || (fields.length === 0 && budget > 0))) parts.push(fragment(type, depth));
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

  const fragment = (type: GraphQLCompositeType, depth: number): string => {
    const others = isAbstractType(type)
      ? [...schema.getPossibleTypes(type), type]
      : [type, ...(isObjectType(type) ? type.getInterfaces() : [])];
    const on = others[random(others.length)]!;
    if (oneIn(3)) {
      const name = `F${fragments.length}`;
      fragments.push('');
      fragments[Number(name.slice(1))] = `fragment ${name} on ${on.name} ${selectionSet(on, depth - 1)}`;
      return `...${name}${condition()}${defer()}`;
    }
    return `...${oneIn(4) && on === type ? '' : ` on ${on.name}`}${condition()}${defer()} ${selectionSet(on, depth - 1)}`;
  };

  const body = selectionSet(schema.getQueryType()!, 5);
  const head = definitions.length > 0 ? `query Generated(${definitions.join(', ')})` : oneIn(2) ? 'query' : '';
  return { query: `${head} ${body} ${fragments.join(' ')}`.trim(), variables };
}
