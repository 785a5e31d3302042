import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  parseType,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type StringValueNode,
  type ValueNode,
  valueFromAST,
  visit,
} from 'graphql';
import { PlanningError } from '../planning/errors';
import { DEFER, foldConditions } from './conditions';

/** An operation in a normal form: operations of one shape have the same text. */
export interface NormalizedOperation {
  readonly kind: OperationTypeNode;
  /** The planner's input; undefined if no subgraph is needed. */
  readonly text: string | undefined;
  /** Key of its compiled plan: the text, plus details that affect only the answer. */
  readonly key: string;
  /** Whether the text covers the whole answer: it omits root fields that begin with `__` and withheld fields. */
  readonly isPlannedWhole: boolean;
  /** Whether any field is {@link WITHHELD}. */
  readonly isWithheldInPart: boolean;
  /** The selections that the text covers. */
  readonly planned: SelectionSetNode | undefined;
  /** The selections of the answer: fragments inlined, introspection and {@link WITHHELD} fields included, response names as {@link responseName} reads them. */
  readonly selectionSet: SelectionSetNode;
  /** The introspection fields with their fragments, for local execution; undefined if there are none. */
  readonly introspection: DocumentNode | undefined;
  /** The client's operation. */
  readonly definition: OperationDefinitionNode;
  readonly hasLiterals: boolean;
  /** Selections of the client's operation, with its fragments expanded: the measure of the work and memory that it takes. */
  readonly selections: number;
  /** Values of the variables that replace literals. */
  readonly literals: Readonly<Record<string, unknown>>;
}

/** Maximum selections after inlining fragments, against fragments that multiply. */
const MAX_SELECTIONS = 50_000;

/**
 * Prefix of response names that a planner must not confuse with fields it selects for itself (aliases, and fields with
 * arguments, which may share their name with a key or a requirement), of names that every object inherits, and, numbered, of names
 * with a different meaning for another type: a subgraph that knows an interface only as one object would have to return both
 * under one name.
 */
const PREFIX = /^_o\d*_/;
const LITERAL = '_l';
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** The client's response name for an internal one. */
export function responseName(internal: string): string {
  // hot path: most names have no prefix
  return internal.startsWith('_o') ? internal.replace(PREFIX, '') : internal;
}

/** Whether every object inherits a property of this name, so that a plain lookup would find it. */
export const isInherited = (name: string): boolean => inherited.has(name);

/** Directive that marks a withheld field: it is not fetched, and the answer has an error in its place. */
const WITHHELD = 'withheld';

/** Why a field is withheld. */
export interface Withheld {
  readonly message: string;
  readonly code: string;
  /** The field of the schema, as `Type.field`. */
  readonly coordinate: string;
}

/** Marks a field as withheld. */
export const withhold = (field: FieldNode, why: Withheld): FieldNode => ({
  ...field,
  selectionSet: undefined,
  directives: [
    ...(field.directives ?? []),
    {
      kind: Kind.DIRECTIVE,
      name: { kind: Kind.NAME, value: WITHHELD },
      arguments: Object.entries(why).map(([name, value]) => ({
        kind: Kind.ARGUMENT,
        name: { kind: Kind.NAME, value: name },
        value: { kind: Kind.STRING, value },
      })),
    },
  ],
});

/** Why a field of a normalized selection set is withheld; undefined if it is not. */
export function withheldOf({ directives }: FieldNode): Withheld | undefined {
  const directive = directives?.find(({ name }) => name.value === WITHHELD);
  if (!directive) return undefined;
  const entries = directive.arguments!.map(({ name, value }) => [name.value, (value as StringValueNode).value]);
  return Object.fromEntries(entries) as Withheld;
}

/**
 * Removes withheld fields; returns the same selections if there are none. Selects the type of objects with withheld fields: it decides
 * whether the field may be null.
 */
function withoutWithheld(selectionSet: SelectionSetNode): SelectionSetNode {
  let isWhole = true;
  const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD && withheldOf(selection)) {
      isWhole = false;
      return [];
    }
    if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return [selection];
    const inner = withoutWithheld(selection.selectionSet);
    if (inner === selection.selectionSet) return [selection];
    isWhole = false;
    return [{ ...selection, selectionSet: inner }];
  });
  if (isWhole) return selectionSet;
  return { kind: Kind.SELECTION_SET, selections: [...onlyTypename().selections, ...selections] };
}

export interface NormalizeOptions {
  readonly keepsDefer?: boolean;
  /** Interfaces and unions with inaccessible types; `__typename` is always selected on them. */
  readonly partlyHidden?: ReadonlySet<string>;
}

const NOTHING_HIDDEN: ReadonlySet<string> = new Set();

/**
 * Inlines fragments, folds constant conditions, turns literals of built-in types into variables, renames ambiguous response names,
 * and separates introspection from the planned selections.
 * @param document valid against the schema; a result of {@link decided}
 * @throws PlanningError OPERATION_TOO_LARGE
 */
export function normalize(
  document: DocumentNode,
  operationName: string | undefined | null,
  schema: GraphQLSchema,
  { keepsDefer = false, partlyHidden = NOTHING_HIDDEN }: NormalizeOptions = {},
): NormalizedOperation {
  const operation = operationOf(document, operationName);
  const normalizer = new Normalizer(document, schema, operation, keepsDefer, partlyHidden);
  const root = schema.getRootType(operation.operation)!;
  const selectionSet = normalizer.selectionSet(operation.selectionSet, root);
  const readable = withoutWithheld(selectionSet);
  const planned = onlyAtRoot(readable, (name) => !name.startsWith('__'));
  const introspection = onlyAtRoot(selectionSet, (name) => name === '__schema' || name === '__type');
  const used = variablesIn(selectionSet);
  const variableDefinitions = [...(operation.variableDefinitions ?? []), ...normalizer.literalDefinitions].filter(
    ({ variable }) => used.has(variable.name.value),
  );
  const textOf = (selected: SelectionSetNode) =>
    print({
      kind: Kind.OPERATION_DEFINITION,
      operation: operation.operation,
      variableDefinitions,
      selectionSet: selected,
    });
  const text = planned && textOf(asPlanned(planned));
  return {
    kind: operation.operation,
    text,
    key: planned ? textOf(planned) : '',
    isWithheldInPart: readable !== selectionSet,
    isPlannedWhole: readable === selectionSet && !onlyAtRoot(selectionSet, (name) => name.startsWith('__')),
    planned,
    selectionSet,
    introspection: introspection && {
      kind: Kind.DOCUMENT,
      definitions: [
        { ...operation, name: undefined, directives: [], selectionSet: introspection },
        ...document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION),
      ],
    },
    definition: operation,
    literals: normalizer.literals,
    hasLiterals: normalizer.literalDefinitions.length > 0,
    selections: normalizer.selections,
  };
}

function variablesIn(selectionSet: SelectionSetNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(selectionSet, { Variable: ({ name }) => void names.add(name.value) });
  return names;
}

export function operationOf(document: DocumentNode, operationName: string | undefined | null): OperationDefinitionNode {
  const isAbsent = operationName === undefined || operationName === null;
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION && (isAbsent || definition.name?.value === operationName))
      return definition;
  throw new Error(`The document has no operation named "${operationName}"`);
}

type ObjectTypes = ReadonlySet<GraphQLObjectType>;

/** The arguments of a field, with variables for literals. */
interface Arguments {
  readonly argumentNodes: readonly ArgumentNode[] | undefined;
  readonly text: string;
}

function cached<K, V>(values: Map<K, V>, key: K, make: () => V): V {
  let value = values.get(key);
  if (value === undefined) {
    value = make();
    values.set(key, value);
  }
  return value;
}

class Normalizer {
  readonly literals: Record<string, unknown> = {};
  readonly literalDefinitions: NonNullable<OperationDefinitionNode['variableDefinitions']>[number][] = [];
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly literalNames = new Map<string, string>();
  /** Distinct meanings of fields by response name, in order of appearance. */
  private readonly meanings = new Map<string, string[]>();
  private readonly literalPrefix: string;
  /** Object types of each type, and of each type within others. */
  private readonly possible = new Map<GraphQLCompositeType, ObjectTypes>();
  private readonly narrowed = new Map<ObjectTypes, Map<GraphQLCompositeType, ObjectTypes>>();
  /** Arguments of each field of the document by what they are passed to: fragments repeat fields. */
  private readonly writtenArguments = new Map<FieldNode, Map<readonly GraphQLArgument[], Arguments>>();
  selections = 0;
  /** Number of enclosing selection sets. */
  private depth = 0;

  constructor(
    document: DocumentNode,
    private readonly schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    private readonly keepsDefer: boolean,
    private readonly partlyHidden: ReadonlySet<string>,
  ) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    let prefix = LITERAL;
    while (operation.variableDefinitions?.some(({ variable }) => variable.name.value.startsWith(prefix))) prefix += '_';
    this.literalPrefix = prefix;
  }

  selectionSet({ selections }: SelectionSetNode, parent: GraphQLCompositeType): SelectionSetNode {
    const possible = this.possibleTypes(parent);
    this.depth += 1;
    const normalized = selections.flatMap((selection) => this.selection(selection, parent, possible));
    this.depth -= 1;
    if (this.partlyHidden.has(parent.name)) normalized.unshift(...onlyTypename().selections);
    // an object with no remaining fields is still an object
    return normalized.length > 0 ? { kind: Kind.SELECTION_SET, selections: normalized } : onlyTypename();
  }

  private possibleTypes(type: GraphQLCompositeType): ObjectTypes {
    return cached(this.possible, type, () => new Set(isObjectType(type) ? [type] : this.schema.getPossibleTypes(type)));
  }

  private typesWithin(possible: ObjectTypes, type: GraphQLCompositeType): ObjectTypes {
    const byType = cached(this.narrowed, possible, () => new Map());
    return cached(byType, type, () => {
      const types = this.possibleTypes(type);
      return new Set([...possible].filter((candidate) => types.has(candidate)));
    });
  }

  /** @param possible object types possible here, by the enclosing fragments */
  private selection(selection: SelectionNode, parent: GraphQLCompositeType, possible: ObjectTypes): SelectionNode[] {
    this.selections += 1;
    if (this.selections > MAX_SELECTIONS)
      throw new PlanningError(
        'OPERATION_TOO_LARGE',
        `The operation selects more than ${MAX_SELECTIONS} fields with its fragments expanded; split it`,
        { status: 400 },
      );
    const directives = foldConditions(selection.directives, this.keepsDefer);
    if (!directives) return [];
    if (selection.kind === Kind.FIELD) return [this.field(selection, directives, parent)];
    const { typeCondition, selectionSet } =
      selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(selection.name.value)! : selection;
    const type = typeCondition ? (this.schema.getType(typeCondition.name.value) as GraphQLCompositeType) : parent;
    const within = type === parent ? possible : this.typesWithin(possible, type);
    // nested fragments may exclude every type; a planner would drop the field that contains only such fragments
    if (within.size === 0) return [];
    const inner = selectionSet.selections.flatMap((child) => this.selection(child, type, within));
    if (inner.length === 0) return [];
    if (selection.kind === Kind.FRAGMENT_SPREAD && this.keepsDefer) directives.push(spreadMark(selection.name.value));
    if (type === parent && directives.length === 0) return inner;
    const fragment: InlineFragmentNode = {
      kind: Kind.INLINE_FRAGMENT,
      typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type.name } },
      directives,
      selectionSet: { kind: Kind.SELECTION_SET, selections: inner },
    };
    return [fragment];
  }

  private field(node: FieldNode, directives: readonly DirectiveNode[], parent: GraphQLCompositeType): FieldNode {
    const name = node.name.value;
    const response = node.alias?.value ?? name;
    if ((name === '__schema' || name === '__type') && this.depth > 1)
      throw new PlanningError(
        'PLAN_NOT_SUPPORTED',
        `"${name}" is supported only at the root of an operation; move it there`,
        {
          status: 400,
        },
      );
    if (name.startsWith('__')) return { ...node, alias: this.alias(name, response, false, ''), directives };
    const definition = (isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined)!;
    const type = getNamedType(definition.type);
    // a field with default arguments differs from one whose arguments a requirement sets
    const hasArguments = definition.args.length > 0;
    const byDefinition = cached(this.writtenArguments, node, () => new Map());
    const { argumentNodes, text } = cached(byDefinition, definition.args, () => this.arguments(node, definition.args));
    return {
      kind: Kind.FIELD,
      name: node.name,
      alias: this.alias(name, response, hasArguments, `${name}(${text})`),
      arguments: argumentNodes,
      directives,
      selectionSet: node.selectionSet && isCompositeType(type) ? this.selectionSet(node.selectionSet, type) : undefined,
    };
  }

  private alias(name: string, response: string, hasArguments: boolean, meaning: string): FieldNode['alias'] {
    const ambiguous = response !== name || hasArguments || isInherited(response) || PREFIX.test(response);
    if (!ambiguous) return undefined;
    let meanings = this.meanings.get(response);
    if (!meanings) {
      meanings = [];
      this.meanings.set(response, meanings);
    }
    let number = meanings.indexOf(meaning);
    if (number < 0) number = meanings.push(meaning) - 1;
    return { kind: Kind.NAME, value: `_o${number || ''}_${response}` };
  }

  private arguments({ arguments: nodes }: FieldNode, definitions: readonly GraphQLArgument[]): Arguments {
    const argumentNodes = nodes?.map((argument) => this.argument(argument, definitions));
    return { argumentNodes, text: (argumentNodes ?? []).map(print).toSorted().join() };
  }

  private argument(argument: ArgumentNode, definitions: readonly GraphQLArgument[]): ArgumentNode {
    const { type } = definitions.find(({ name }) => name === argument.name.value)!;
    if (argument.value.kind === Kind.VARIABLE || !isPlain(argument.value, type)) return argument;
    return {
      ...argument,
      value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: this.literal(argument.value, type) } },
    };
  }

  /** Equal literals of one type share a variable, so that equal fields stay equal. */
  private literal(value: ValueNode, type: GraphQLInputType): string {
    const key = `${type}=${print(value)}`;
    let name = this.literalNames.get(key);
    if (name === undefined) {
      name = `${this.literalPrefix}${this.literalNames.size}`;
      this.literalNames.set(key, name);
      this.literals[name] = valueFromAST(value, type);
      this.literalDefinitions.push({
        kind: Kind.VARIABLE_DEFINITION,
        variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
        type: parseType(String(type)),
      });
    }
    return name;
  }
}

/** A selection set for objects without visible fields. */
const onlyTypename = (): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: [
    {
      kind: Kind.FIELD,
      name: { kind: Kind.NAME, value: '__typename' },
      alias: { kind: Kind.NAME, value: '__typename' },
      directives: [{ kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: NOT_RENDERED } }],
    },
  ],
});

/** Directive that marks a fetched field as not part of the answer. Never printed in the planner's text. */
const NOT_RENDERED = 'notRendered';

/** Whether input objects have {@link onlyPlainFields}. */
const plainObjects = new WeakMap<GraphQLInputObjectType, boolean>();

/** Whether a literal is plain JSON: built-in scalars, enums, and lists and input objects of these, without variables. */
function isPlain(value: ValueNode, type: GraphQLInputType): boolean {
  const named = getNamedType(type);
  if (!isEnumType(named) && !isSpecifiedScalarType(named)) {
    if (!isInputObjectType(named)) return false;
    let isPlainObject = plainObjects.get(named);
    if (isPlainObject === undefined) {
      isPlainObject = onlyPlainFields(named, new Set());
      plainObjects.set(named, isPlainObject);
    }
    if (!isPlainObject) return false;
  }
  let plain = true;
  visit(value, {
    Variable: () => {
      plain = false;
    },
  });
  return plain && valueFromAST(value, type) !== undefined;
}

function onlyPlainFields(type: GraphQLInputType, seen: Set<GraphQLInputType>): boolean {
  const named = getNamedType(type);
  if (!isInputObjectType(named)) return isEnumType(named) || isSpecifiedScalarType(named);
  if (seen.has(named)) return true;
  seen.add(named);
  return Object.values(named.getFields()).every((field) => onlyPlainFields(field.type, seen));
}

/** Filters a root selection set by field name; undefined if nothing remains. */
function onlyAtRoot(selectionSet: SelectionSetNode, wanted: (name: string) => boolean): SelectionSetNode | undefined {
  const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return wanted(selection.name.value) ? [selection] : [];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const inner = onlyAtRoot(selection.selectionSet, wanted);
    return inner ? [{ ...selection, selectionSet: inner }] : [];
  });
  return selections.length > 0 ? { kind: Kind.SELECTION_SET, selections } : undefined;
}

/** Directive that marks an inlined fragment spread, if deferral depends on it: an object visits a named fragment once. */
const SPREAD = 'spread';

const spreadMark = (name: string): DirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: SPREAD },
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'name' },
      value: { kind: Kind.STRING, value: name },
    },
  ],
});

/** The name of an inlined fragment spread, if deferral depends on it. */
export function spreadOf({ directives }: InlineFragmentNode): string | undefined {
  const mark = directives?.find(({ name }) => name.value === SPREAD);
  return mark && (mark.arguments![0]!.value as StringValueNode).value;
}

const MARKS: ReadonlySet<string> = new Set([NOT_RENDERED, SPREAD, DEFER]);

/** The planner's version: without internal directives, and with `__typename` under its plain name, where execution reads it. */
const asPlanned = (selectionSet: SelectionSetNode): SelectionSetNode =>
  visit(selectionSet, {
    Directive: ({ name }) => (MARKS.has(name.value) ? null : undefined),
    Field: (node) => (node.name.value === '__typename' && node.alias ? { ...node, alias: undefined } : undefined),
  });

/** Whether a field of a normalized selection set is part of the answer. */
export const isRendered = (node: FieldNode): boolean =>
  !node.directives?.some(({ name }) => name.value === NOT_RENDERED);
