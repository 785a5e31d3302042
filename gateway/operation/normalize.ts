import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
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

/** An operation in the form in which operations of one shape are the same text. */
export interface NormalizedOperation {
  readonly kind: OperationTypeNode;
  /** What the planner is given; undefined when nothing is asked of subgraphs. */
  readonly text: string | undefined;
  /** The key of its compiled plan: the text, with what only the answer needs. */
  readonly key: string;
  /** Whether the text says everything the answer has: root fields that begin with `__` are not in it, nor is what is withheld. */
  readonly isPlannedWhole: boolean;
  /** Whether something of the answer is {@link WITHHELD}. */
  readonly isWithheldInPart: boolean;
  /** The selections of the answer that the text says. */
  readonly planned: SelectionSetNode | undefined;
  /** The selections of the answer: fragments inlined, introspection and {@link WITHHELD} fields included, response names as {@link responseName} reads them. */
  readonly selectionSet: SelectionSetNode;
  /** The introspection fields alone with the fragments they may spread, for local execution; undefined when there are none. */
  readonly introspection: DocumentNode | undefined;
  /** The operation as the client wrote it. */
  readonly definition: OperationDefinitionNode;
  readonly hasLiterals: boolean;
  /** Values of the variables that stand for literals of the operation. */
  readonly literals: Readonly<Record<string, unknown>>;
}

/** Selections of an operation with its fragments inlined; beyond this, fragments were multiplied to exhaust us. */
const MAX_SELECTIONS = 50_000;

/**
 * Stands before the response names that a planner must not confuse with fields it selects for itself (aliases, and fields with
 * arguments, which may share their name with a key or a requirement), before those that every object inherits, and, numbered, before
 * those that mean something else for another type: where a subgraph knows an interface only as one object, it would be asked for both
 * under one name.
 */
const PREFIX = /^_o\d*_/;
const LITERAL = '_l';
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** The client's name of a field of the answer. */
export function responseName(internal: string): string {
  // most names have no prefix, and this is asked for every field of every answer
  return internal.startsWith('_o') ? internal.replace(PREFIX, '') : internal;
}

/** Whether a name must not be looked up in an object as it is. */
export const isInherited = (name: string): boolean => inherited.has(name);

/** Marks a field that no subgraph is asked for, and whose place in the answer is an error. */
const WITHHELD = 'withheld';

/** Why a field is withheld. */
export interface Withheld {
  readonly message: string;
  readonly code: string;
  /** The field of the schema, as `Type.field`. */
  readonly coordinate: string;
}

/** The field, withheld. */
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

/** Why a field of a normalised selection set is withheld, if it is. */
export function withheldOf({ directives }: FieldNode): Withheld | undefined {
  const directive = directives?.find(({ name }) => name.value === WITHHELD);
  if (!directive) return undefined;
  const entries = directive.arguments!.map(({ name, value }) => [name.value, (value as StringValueNode).value]);
  return Object.fromEntries(entries) as Withheld;
}

/**
 * The same selections where nothing is withheld. Wherever something is, or is below, the type of the object is asked for: it decides whether
 * the field may be null.
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
  /** Interfaces and unions with types that clients may not see: of which type their objects are is always asked for. */
  readonly partlyHidden?: ReadonlySet<string>;
}

const NOTHING_HIDDEN: ReadonlySet<string> = new Set();

/**
 * Inlines fragments, folds constant conditions, turns literals of built-in types into variables, gives ambiguous response names
 * of their own, and takes introspection out of what is planned.
 * @param document valid against the schema, its conditions decided: see {@link decided}.
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
  const given = withoutWithheld(selectionSet);
  const planned = onlyAtRoot(given, (name) => !name.startsWith('__'));
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
    isWithheldInPart: given !== selectionSet,
    isPlannedWhole: given === selectionSet && !onlyAtRoot(selectionSet, (name) => name.startsWith('__')),
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

class Normalizer {
  readonly literals: Record<string, unknown> = {};
  readonly literalDefinitions: NonNullable<OperationDefinitionNode['variableDefinitions']>[number][] = [];
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly literalNames = new Map<string, string>();
  /** By response name, what fields of that name ask for, in the order met. */
  private readonly meanings = new Map<string, string[]>();
  private readonly literalPrefix: string;
  private selections = 0;
  /** How many selection sets are around. */
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
    const possible = new Set(this.possibleTypes(parent));
    this.depth += 1;
    const found = selections.flatMap((selection) => this.selection(selection, parent, possible));
    this.depth -= 1;
    if (this.partlyHidden.has(parent.name)) found.unshift(...onlyTypename().selections);
    // an object of which nothing is wanted is still an object
    return found.length > 0 ? { kind: Kind.SELECTION_SET, selections: found } : onlyTypename();
  }

  private possibleTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isObjectType(type) ? [type] : this.schema.getPossibleTypes(type);
  }

  /** @param possible of which types objects can be here, by the fragments around. */
  private selection(
    selection: SelectionNode,
    parent: GraphQLCompositeType,
    possible: ReadonlySet<GraphQLObjectType>,
  ): SelectionNode[] {
    this.selections += 1;
    if (this.selections > MAX_SELECTIONS)
      throw new PlanningError(
        'OPERATION_TOO_LARGE',
        `The operation selects more than ${MAX_SELECTIONS} fields once its fragments are written out; split it`,
        { status: 400 },
      );
    const directives = foldConditions(selection.directives, this.keepsDefer);
    if (!directives) return [];
    if (selection.kind === Kind.FIELD) return [this.field(selection, directives, parent)];
    const { typeCondition, selectionSet } =
      selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(selection.name.value)! : selection;
    const type = typeCondition ? (this.schema.getType(typeCondition.name.value) as GraphQLCompositeType) : parent;
    const within = type === parent ? possible : new Set(this.possibleTypes(type).filter((one) => possible.has(one)));
    // one fragment within another may leave no type over; a planner that finds nothing to ask for leaves out the field that has them
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
        `"${name}" is supported at the root of an operation only; move it there`,
        {
          status: 400,
        },
      );
    if (name.startsWith('__')) return { ...node, alias: this.alias(name, response, false, ''), directives };
    const definition = (isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined)!;
    const type = getNamedType(definition.type);
    // given or not: a field with its defaults is another than one with arguments that a requirement gives
    const hasArguments = definition.args.length > 0;
    const given = node.arguments?.map((argument) => this.argument(argument, definition.args));
    const meaning = `${name}(${(given ?? []).map(print).toSorted().join()})`;
    return {
      kind: Kind.FIELD,
      name: node.name,
      alias: this.alias(name, response, hasArguments, meaning),
      arguments: given,
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

  private argument(argument: ArgumentNode, definitions: readonly GraphQLArgument[]): ArgumentNode {
    const { type } = definitions.find(({ name }) => name === argument.name.value)!;
    if (argument.value.kind === Kind.VARIABLE || !isPlain(argument.value, type)) return argument;
    return {
      ...argument,
      value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: this.literal(argument.value, type) } },
    };
  }

  /** The same literal of the same type is the same variable: fields that were the same stay the same. */
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

/** Asks for objects and nothing of them. */
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

/** Marks a selection that is asked for and not shown. Never printed: the planner's text is made without it. */
const NOT_RENDERED = 'notRendered';

/** Whether a literal is JSON as it stands: of built-in scalars, enums, and lists and input objects of these, without variables. */
function isPlain(value: ValueNode, type: GraphQLInputType): boolean {
  const named = getNamedType(type);
  const plainType =
    isEnumType(named) ||
    isSpecifiedScalarType(named) ||
    (isInputObjectType(named) && onlyPlainFields(named, new Set()));
  if (!plainType) return false;
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
  return Object.values(named.getFields()).every((one) => onlyPlainFields(one.type, seen));
}

/** What of a root selection set has a field of a wanted name; undefined when nothing has. */
function onlyAtRoot(selectionSet: SelectionSetNode, wanted: (name: string) => boolean): SelectionSetNode | undefined {
  const selections = selectionSet.selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return wanted(selection.name.value) ? [selection] : [];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const inner = onlyAtRoot(selection.selectionSet, wanted);
    return inner ? [{ ...selection, selectionSet: inner }] : [];
  });
  return selections.length > 0 ? { kind: Kind.SELECTION_SET, selections } : undefined;
}

/** Marks what a named fragment selects, where the fragment is deferred somewhere or defers another: an object has such a fragment once. */
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

/** The named fragment that an inlined one was, if that matters for what is deferred. */
export function spreadOf({ directives }: InlineFragmentNode): string | undefined {
  const mark = directives?.find(({ name }) => name.value === SPREAD);
  return mark && (mark.arguments![0]!.value as StringValueNode).value;
}

const MARKS: ReadonlySet<string> = new Set([NOT_RENDERED, SPREAD, DEFER]);

/** As the planner is asked for it: without our marks; the type's name under its own name, which is where it is looked for. */
const asPlanned = (selectionSet: SelectionSetNode): SelectionSetNode =>
  visit(selectionSet, {
    Directive: ({ name }) => (MARKS.has(name.value) ? null : undefined),
    Field: (node) => (node.name.value === '__typename' && node.alias ? { ...node, alias: undefined } : undefined),
  });

/** Whether a field of a normalised selection set is part of the answer. */
export const isRendered = (node: FieldNode): boolean =>
  !node.directives?.some(({ name }) => name.value === NOT_RENDERED);
