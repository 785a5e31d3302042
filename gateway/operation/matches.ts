import { createHash } from 'node:crypto';
import {
  type ASTNode,
  BREAK,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLID,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLList,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getVariableValues,
  isInputObjectType,
  isListType,
  Kind,
  type ObjectValueNode,
  type OperationDefinitionNode,
  parseType,
  print,
  TypeInfo,
  typeFromAST,
  type ValueNode,
  type VariableDefinitionNode,
  valueFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { PlanningError } from '../planning/errors';
import { MATCHES, type MatchedInput, matchedInputs } from '../supergraph/matched-inputs';
import { ExactNumber } from '../transport/exact-json';
import { decided, foldConditions, variablesOfConditions } from './conditions';
import { DocumentCache, derivedBytes } from './document-cache';
import { exactVariables, rememberExact, type Variables } from './exact-variables';
import { operationOf, withheldOf, withhold } from './normalize';

/** A question whose answer is the keys of the objects that meet a condition. */
export interface Question {
  /** An operation of the API schema with one field, {@link KEYS}. */
  readonly document: DocumentNode;
  readonly variables: Variables;
  /** Equal questions of a request have equal ids. */
  readonly id: string;
}

/** Response name of the keys in the answer to a question. */
export const KEYS = 'keys';

/** The root field that lists the keys. */
export const keysFieldOf = ({ document }: Question): string =>
  (operationOf(document, undefined).selectionSet.selections[0] as FieldNode).name.value;

/** Why a question has no answer. */
export interface Failure {
  readonly message: string;
  readonly code: string;
}

export type Found = { readonly keys: readonly string[] } | { readonly failure: Failure };

/** An operation without `matches`. */
export interface JoinedOperation {
  readonly document: DocumentNode;
  readonly variables: Variables;
  /** Whether fields are withheld, since questions of their arguments failed. */
  readonly isWithheldInPart: boolean;
}

/** An input type with `matches`. */
interface Matched extends MatchedInput {
  /** The question for a filter in a variable. */
  readonly document: DocumentNode;
}

/** A literal object with `matches`, replaced by a variable with keys. */
interface Place {
  readonly variable: string;
  /** Where clients find it, such as `filter.submission.matches`. */
  readonly path: string;
  readonly filter: ValueNode;
  /** Keys beside `matches`. */
  readonly given: ValueNode | undefined;
  readonly document: DocumentNode;
  readonly text: string;
  /** Variables in the filter. */
  readonly names: readonly string[];
}

/** A variable whose value may have `matches`. */
interface Holder {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly defaultMatches: boolean;
}

/** An operation for one combination of its conditions' values. */
interface Prepared {
  readonly document: DocumentNode;
  readonly places: readonly Place[];
  readonly holders: readonly Holder[];
  /** Whether a default or a null without a question has `matches`, which planners must not see either. */
  readonly hasOthers: boolean;
  /** Nodes of the document and of the questions of its places. */
  readonly nodes: number;
}

/** An operation that has `matches`, or variables that may have it. */
interface Candidate {
  readonly definitions: readonly VariableDefinitionNode[];
  /** Whether its document has `matches`. */
  readonly isWritten: boolean;
  /** Variables whose values may have it. */
  readonly holders: readonly Pick<Holder, 'name' | 'type'>[];
  readonly conditions: readonly string[];
}

/** Maximum questions that the filters of one request ask, those of nested filters included. */
export const MAX_QUESTIONS = 20;

export const tooManyQuestions = (): PlanningError =>
  new PlanningError(
    'OPERATION_TOO_LARGE',
    `The filters of this operation have more than ${MAX_QUESTIONS} different conditions in "matches"; split it`,
    { status: 400 },
  );

/** Maximum estimated bytes of cached operations, and estimated bytes of a node. */
const MAX_BYTES = 32 * 1024 * 1024;
const BYTES_A_NODE = 150;
const PREFIX = '_m';
const KEY_LIST = new GraphQLList(GraphQLID);
const KEY_LIST_NODE = parseType('[ID!]');

/**
 * Finds conditions on the fields of objects that another subgraph has, and replaces them by the keys of these objects. Planners and
 * subgraphs never see `matches`.
 */
export class Matches {
  private readonly inputs = new Map<string, Matched>();
  /** Names of input types whose values may have `matches`. */
  private readonly holding: ReadonlySet<string>;
  /** By operation name and the values of the document's conditions. */
  readonly prepared = new DocumentCache<Prepared>(MAX_BYTES, ({ nodes }) => derivedBytes(0, nodes * BYTES_A_NODE));
  private readonly candidates = new WeakMap<DocumentNode, Map<string, Candidate | null>>();

  private constructor(
    private readonly schema: GraphQLSchema,
    inputs: readonly MatchedInput[],
  ) {
    for (const matched of inputs) this.inputs.set(matched.input, { ...matched, document: questionByVariable(matched) });
    this.holding = holdingTypes(schema, this.inputs);
  }

  /** Undefined if no input of the API schema has `matches`. */
  static of(supergraph: DocumentNode, schema: GraphQLSchema): Matches | undefined {
    const inputs = matchedInputs(supergraph).filter(({ input }) => {
      const type = schema.getType(input);
      return isInputObjectType(type) && type.getFields()[MATCHES] !== undefined;
    });
    return inputs.length > 0 ? new Matches(schema, inputs) : undefined;
  }

  /**
   * The join of an operation; undefined if it has no `matches`, or invalid variables.
   * @param document valid
   * @param admit called with the coerced variables before any work that grows with their uses
   * @throws PlanningError OPERATION_TOO_LARGE above the limit of questions
   */
  joinOf(
    document: DocumentNode,
    operationName: string | undefined,
    variables: Variables,
    admit: (coerced: Variables) => void = () => {},
  ): Join | undefined {
    const candidate = this.candidateOf(document, operationName);
    if (!candidate) return undefined;
    // most values have none: they need no coercion here
    if (!candidate.isWritten && !candidate.holders.some(({ name, type }) => this.isIn(variables[name], type)))
      return undefined;
    const { coerced } = getVariableValues(this.schema, candidate.definitions, variables, { maxErrors: 1 });
    if (!coerced) return undefined;
    admit(coerced);
    const key = [operationName ?? '', ...candidate.conditions.map((name) => (coerced[name] === true ? 1 : 0))].join();
    const prepared = this.prepared.get(document, key, () => this.prepare(document, operationName, coerced));
    return this.join(prepared, variables, coerced);
  }

  private candidateOf(document: DocumentNode, operationName: string | undefined): Candidate | null {
    let byName = this.candidates.get(document);
    if (!byName) {
      byName = new Map();
      this.candidates.set(document, byName);
    }
    const name = operationName ?? '';
    let candidate = byName.get(name);
    if (candidate === undefined) {
      const { variableDefinitions: definitions = [] } = operationOf(document, operationName);
      const isWritten = writesMatches(document);
      const holders = definitions.flatMap(({ variable, type }) =>
        this.holds(type) ? [{ name: variable.name.value, type: this.typeOf(type) }] : [],
      );
      const conditions = variablesOfConditions(document);
      candidate = isWritten || holders.length > 0 ? { definitions, isWritten, holders, conditions } : null;
      byName.set(name, candidate);
    }
    return candidate;
  }

  private holds(type: VariableDefinitionNode['type']): boolean {
    return type.kind === Kind.NAMED_TYPE ? this.holding.has(type.name.value) : this.holds(type.type);
  }

  private typeOf(type: VariableDefinitionNode['type']): GraphQLInputType {
    return typeFromAST(this.schema, type as never) as unknown as GraphQLInputType;
  }

  /** Whether the value of a variable has `matches`. */
  private isIn(value: unknown, type: GraphQLInputType): boolean {
    let isFound = false;
    this.walk(value, value, type, '', () => {
      isFound = true;
    });
    return isFound;
  }

  private prepare(document: DocumentNode, operationName: string | undefined, coerced: Variables): Prepared {
    const selected = selectedPart(decided(document, coerced), operationName);
    const { variableDefinitions = [] } = operationOf(selected, operationName);
    const prefix = unusedPrefix(variableDefinitions);
    const places: Place[] = [];
    let hasNull = false;
    const documents = new Map<string, DocumentNode>();
    const typeInfo = new TypeInfo(this.schema);
    const replaced: DocumentNode = visit(
      selected,
      visitWithTypeInfo(typeInfo, {
        VariableDefinition: () => false,
        Field: (node) => (node.arguments?.length && withheldOf(node) ? { ...node, arguments: [] } : undefined),
        ObjectValue: (node, _key, parent, _path, ancestors) => {
          const matched = this.inputs.get(String(getNamedType(typeInfo.getInputType())));
          const filter = matched && fieldOf(node, MATCHES);
          if (!filter) return undefined;
          const rest = node.fields.filter(({ name }) => name.value !== MATCHES);
          if (filter.kind === Kind.NULL) {
            hasNull = true;
            return { ...node, fields: rest };
          }
          const names = [...variablesIn(filter)];
          const text = `${matched.keysField}(${print(filter)})`;
          const question = documents.get(text) ?? questionOf(matched.keysField, filter, names, variableDefinitions);
          documents.set(text, question);
          const variable = `${prefix}${places.length}`;
          const path = [...inputPath(parent ? [...ancestors, parent] : ancestors), MATCHES].join('.');
          const given = fieldOf(node, matched.operator);
          places.push({ variable, path, filter, given, document: question, text, names });
          const keys = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } } as const;
          const operator = { kind: Kind.NAME, value: matched.operator } as const;
          return {
            ...node,
            fields: [
              ...rest.filter(({ name }) => name.value !== matched.operator),
              { kind: Kind.OBJECT_FIELD, name: operator, value: keys },
            ],
          };
        },
      }),
    );
    const used = new Set(replaced.definitions.flatMap((node) => [...variablesIn(withoutDefinitions(node))]));
    const kept = variableDefinitions.filter(({ variable }) => used.has(variable.name.value));
    const holders = kept.flatMap(({ variable, type, defaultValue }): Holder[] => {
      if (!this.holds(type)) return [];
      const defaultMatches = defaultValue !== undefined && writesMatches(defaultValue);
      return [
        {
          name: variable.name.value,
          type: this.typeOf(type),
          defaultMatches,
        },
      ];
    });
    const definitions = [
      ...kept.map((definition) => {
        const holder = holders.find(({ name }) => name === definition.variable.name.value);
        return holder?.defaultMatches ? { ...definition, defaultValue: undefined } : definition;
      }),
      ...places.map(({ variable }) => keysDefinition(variable)),
    ];
    return {
      document: {
        ...replaced,
        definitions: replaced.definitions.map((node) =>
          node.kind === Kind.OPERATION_DEFINITION ? { ...node, variableDefinitions: definitions } : node,
        ),
      },
      places,
      holders,
      nodes: nodesIn(replaced) + sum(places.map((place) => nodesIn(place.document))),
      hasOthers: hasNull || variableDefinitions.some(({ defaultValue }) => defaultValue && writesMatches(defaultValue)),
    };
  }

  private join(
    { document, places, holders, hasOthers }: Prepared,
    variables: Variables,
    coerced: Variables,
  ): Join | undefined {
    const exact = exactVariables(variables);
    const questions = new Map<string, Question>();
    const conditions: Condition[] = [];
    const ask = (part: Variables, exactPart: Variables, of: { document: DocumentNode; text: string }): string => {
      // a digest, since values can be long
      const id = createHash('sha256').update(of.text).update('\n').update(JSON.stringify(exactPart)).digest('base64');
      if (!questions.has(id)) {
        if (questions.size === MAX_QUESTIONS) throw tooManyQuestions();
        if (exact !== variables) rememberExact(part, exactPart);
        questions.set(id, { document: of.document, variables: part, id });
      }
      return id;
    };
    // places with the same text have the same variables
    const idsByText = new Map<string, string>();
    for (const { variable, path, filter, given, document: question, text, names } of places) {
      const isAbsent = filter.kind === Kind.VARIABLE && coerced[filter.name.value] == null;
      const of = { document: question, text };
      let id = isAbsent ? undefined : idsByText.get(text);
      if (!isAbsent && id === undefined) {
        id = ask(picked(variables, names), picked(exact, names), of);
        idsByText.set(text, id);
      }
      conditions.push({ variable, path, id, given: given && valueFromAST(given, KEY_LIST, coerced) });
    }
    let hasMatches = places.length > 0 || hasOthers;
    const holding: HoldingValue[] = [];
    for (const { name, type, defaultMatches } of holders) {
      const isDefault = defaultMatches && variables[name] === undefined;
      const [value, exactValue] = isDefault ? [coerced[name], coerced[name]] : [variables[name], exact[name]];
      const ids = new Map<string, string | undefined>();
      this.walk(value, exactValue, type, `$${name}`, ({ matched, filter, exactFilter, path }) => {
        const of = { document: matched.document, text: matched.keysField };
        ids.set(path, filter == null ? undefined : ask({ filter }, { filter: exactFilter }, of));
      });
      if (ids.size === 0 && !defaultMatches) continue;
      hasMatches = true;
      holding.push({ name, type, value, exactValue, ids });
    }
    if (!hasMatches) return undefined;
    return new Join([...questions.values()], (answers) => {
      const failures = new Map<string, Failure>();
      const keysOf = (id: string, variable: string, path: string): readonly string[] => {
        const found = answers.get(id)!;
        if ('keys' in found) return found.keys;
        const { message, code } = found.failure;
        failures.set(variable, { message: `The condition "${path}" failed: ${message}`, code });
        return [];
      };
      const added: Record<string, unknown> = {};
      const addedExactly: Record<string, unknown> = {};
      for (const { variable, path, id, given } of conditions) {
        const keys = id === undefined ? (given ?? null) : among(keysOf(id, variable, path), given);
        added[variable] = keys;
        addedExactly[variable] = keys;
      }
      for (const { name, type, value, exactValue, ids } of holding) {
        const keysAt = (path: string) => {
          const id = ids.get(path);
          return id === undefined ? undefined : keysOf(id, name, `${path}.${MATCHES}`);
        };
        if (value === undefined) continue;
        added[name] = this.replaced(value, type, `$${name}`, keysAt);
        addedExactly[name] = exact === variables ? added[name] : this.replaced(exactValue, type, `$${name}`, keysAt);
      }
      const joined = { ...variables, ...added };
      if (exact !== variables) rememberExact(joined, { ...exact, ...addedExactly });
      return {
        document: failures.size > 0 ? withoutFailed(document, this.schema, failures) : document,
        variables: joined,
        isWithheldInPart: failures.size > 0,
      };
    });
  }

  /** Calls `found` for each `matches` in the value of a variable, but not for those inside of one. */
  private walk(
    value: unknown,
    exact: unknown,
    type: GraphQLInputType,
    path: string,
    found: (match: { matched: Matched; filter: unknown; exactFilter: unknown; path: string }) => void,
  ): void {
    const nullable = getNullableType(type);
    const named = getNamedType(nullable);
    if (value == null || !this.holding.has(named.name)) return;
    if (isListType(nullable) && Array.isArray(value)) {
      for (const [index, item] of value.entries())
        this.walk(item, (exact as unknown[])[index], nullable.ofType, `${path}.${index}`, found);
      return;
    }
    if (!isInputObjectType(named) || !isObject(value)) return;
    const exactObject = exact as Record<string, unknown>;
    const matched = this.inputs.get(named.name);
    if (matched && Object.hasOwn(value, MATCHES))
      found({ matched, filter: value[MATCHES], exactFilter: exactObject[MATCHES], path });
    for (const [name, inner] of Object.entries(value)) {
      const field = named.getFields()[name];
      if (!field || (matched && name === MATCHES)) continue;
      this.walk(inner, exactObject[name], field.type, `${path}.${name}`, found);
    }
  }

  /** A value without `matches`. @param keysAt keys by path; undefined for no condition */
  private replaced(
    value: unknown,
    type: GraphQLInputType,
    path: string,
    keysAt: (path: string) => readonly string[] | undefined,
  ): unknown {
    const nullable = getNullableType(type);
    const named = getNamedType(nullable);
    if (value == null || !this.holding.has(named.name)) return value;
    if (isListType(nullable) && Array.isArray(value))
      return value.map((item, index) => this.replaced(item, nullable.ofType, `${path}.${index}`, keysAt));
    if (!isInputObjectType(named) || !isObject(value)) return value;
    const matched = this.inputs.get(named.name);
    const fields = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
      if (matched && name === MATCHES) return [];
      const field = named.getFields()[name];
      return [[name, field ? this.replaced(inner, field.type, `${path}.${name}`, keysAt) : inner]];
    });
    const result = Object.fromEntries(fields);
    const keys = matched && keysAt(path);
    if (keys) result[matched.operator] = among(keys, result[matched.operator]);
    return result;
  }
}

/** A condition of the operation's text. */
interface Condition {
  readonly variable: string;
  readonly path: string;
  /** Id of its question; undefined if its filter is null or absent. */
  readonly id: string | undefined;
  readonly given: unknown;
}

/** The value of a variable with `matches`. */
interface HoldingValue {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly value: unknown;
  readonly exactValue: unknown;
  /** Ids of questions by path. */
  readonly ids: ReadonlyMap<string, string | undefined>;
}

/** The questions of one request, and what becomes of the operation with their answers. */
export class Join {
  constructor(
    readonly questions: readonly Question[],
    /** @param answers by the questions' ids */
    readonly operation: (answers: ReadonlyMap<string, Found>) => JoinedOperation,
  ) {}
}

/** Names of input types that are in `inputs`, or have fields of such types. */
function holdingTypes(schema: GraphQLSchema, inputs: ReadonlyMap<string, unknown>): Set<string> {
  const holding = new Set(inputs.keys());
  const types = Object.values(schema.getTypeMap()).filter(isInputObjectType);
  const holds = (type: GraphQLInputObjectType): boolean =>
    Object.values(type.getFields()).some((field) => holding.has(getNamedType(field.type).name));
  for (let before = -1; before !== holding.size; ) {
    before = holding.size;
    for (const type of types) if (!holding.has(type.name) && holds(type)) holding.add(type.name);
  }
  return holding;
}

/** Whether an input object of a document or a value has a field of this name. */
function writesMatches(node: ASTNode): boolean {
  let writes = false;
  visit(node, {
    ObjectField: ({ name }) => {
      if (name.value !== MATCHES) return undefined;
      writes = true;
      return BREAK;
    },
  });
  return writes;
}

/** One operation without skipped selections, and the fragments that it spreads. @param document a result of {@link decided} */
function selectedPart(document: DocumentNode, operationName: string | undefined): DocumentNode {
  const skipped = (node: { readonly directives?: FieldNode['directives'] }) =>
    foldConditions(node.directives, true) ? undefined : null;
  const included: DocumentNode = visit(document, { Field: skipped, InlineFragment: skipped, FragmentSpread: skipped });
  const operation = operationOf(included, operationName);
  const fragments = new Map(
    included.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const reached = new Set<FragmentDefinitionNode>();
  const reach = (node: OperationDefinitionNode | FragmentDefinitionNode): void => {
    visit(node, {
      FragmentSpread: ({ name }) => {
        const fragment = fragments.get(name.value)!;
        if (reached.has(fragment)) return;
        reached.add(fragment);
        reach(fragment);
      },
    });
  };
  reach(operation);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...reached] };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function nodesIn(node: ASTNode): number {
  let nodes = 0;
  visit(node, {
    enter: () => {
      nodes += 1;
    },
  });
  return nodes;
}

function unusedPrefix(definitions: readonly VariableDefinitionNode[]): string {
  let prefix = PREFIX;
  while (definitions.some(({ variable }) => variable.name.value.startsWith(prefix))) prefix += '_';
  return prefix;
}

const fieldOf = ({ fields }: ObjectValueNode, wanted: string): ValueNode | undefined =>
  fields.find(({ name }) => name.value === wanted)?.value;

function variablesIn(node: ASTNode): Set<string> {
  const names = new Set<string>();
  visit(node, { Variable: ({ name }) => void names.add(name.value) });
  return names;
}

const withoutDefinitions = (node: ASTNode): ASTNode =>
  node.kind === Kind.OPERATION_DEFINITION ? { ...node, variableDefinitions: [] } : node;

/** Names of the argument and the input fields that enclose a value. */
function inputPath(ancestors: readonly (ASTNode | readonly ASTNode[])[]): string[] {
  return ancestors.flatMap((node) =>
    'kind' in node && (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) ? [node.name.value] : [],
  );
}

function keysDefinition(variable: string): VariableDefinitionNode {
  return {
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } },
    type: KEY_LIST_NODE,
  };
}

/** The question for a filter as the operation writes it, so that its literals stay exact. */
function questionOf(
  keysField: string,
  filter: ValueNode,
  names: readonly string[],
  definitions: readonly VariableDefinitionNode[],
): DocumentNode {
  const name = (value: string) => ({ kind: Kind.NAME, value }) as const;
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: 'query' as OperationDefinitionNode['operation'],
        variableDefinitions: definitions.filter(({ variable }) => names.includes(variable.name.value)),
        selectionSet: {
          kind: Kind.SELECTION_SET,
          selections: [
            {
              kind: Kind.FIELD,
              alias: name(KEYS),
              name: name(keysField),
              arguments: [{ kind: Kind.ARGUMENT, name: name('filter'), value: filter }],
            },
          ],
        },
      },
    ],
  };
}

/** The question for a filter in a variable. */
function questionByVariable({ keysField, filter }: MatchedInput): DocumentNode {
  const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: 'filter' } } as const;
  const definition: VariableDefinitionNode = {
    kind: Kind.VARIABLE_DEFINITION,
    variable,
    type: parseType(filter),
  };
  return questionOf(keysField, variable, ['filter'], [definition]);
}

const picked = (variables: Variables, names: readonly string[]): Variables =>
  Object.fromEntries(names.flatMap((name) => (Object.hasOwn(variables, name) ? [[name, variables[name]]] : [])));

/** The keys that are also among the keys beside `matches`, if there are any. */
function among(keys: readonly string[], given: unknown): readonly string[] {
  if (given == null) return keys;
  const texts = new Set((Array.isArray(given) ? given : [given]).map(keyText));
  return keys.filter((key) => texts.has(key));
}

const keyText = (key: unknown): string => (key instanceof ExactNumber ? key.text : String(key));

/** Withholds the fields whose arguments use variables without keys. */
function withoutFailed(
  document: DocumentNode,
  schema: GraphQLSchema,
  failures: ReadonlyMap<string, Failure>,
): DocumentNode {
  const typeInfo = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field: (node) => {
        for (const argument of node.arguments ?? [])
          for (const name of variablesIn(argument)) {
            const failure = failures.get(name);
            if (!failure) continue;
            const coordinate = `${typeInfo.getParentType()!.name}.${node.name.value}`;
            return withhold({ ...node, arguments: [] }, { ...failure, coordinate });
          }
        return undefined;
      },
    }),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
