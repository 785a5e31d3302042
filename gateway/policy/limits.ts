import {
  type ArgumentNode,
  type DocumentNode,
  GraphQLError,
  Kind,
  Lexer,
  type ObjectFieldNode,
  parse,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValueNode,
  visit,
} from 'graphql';
import { DEFER } from '../operation/conditions';
import type { DocumentSize } from './work';

/** Size limits of documents and variables. Fragments count wherever they are spread. */
export interface Limits {
  readonly maxTokens: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxRootFields: number;
  readonly maxDirectives: number;
  /** Fields and fragments, with every fragment spread expanded. */
  readonly maxFields: number;
  /** Values of one list, in the document or in its variables. */
  readonly maxList: number;
  /** Values in variables, and in arguments with every fragment spread expanded; objects and lists included. */
  readonly maxValues: number;
  /** Levels of braces, brackets, and parentheses in the document, and of lists and objects in its variables. */
  readonly maxNesting: number;
}

/** A request exceeds a size limit. */
export class LimitError extends GraphQLError {
  constructor(
    what: string,
    maximum: number,
    limit: keyof Limits | 'maxLines' | 'maxNameLength' | 'maxLabelLength' | 'maxPathLength' | 'maxFragments',
  ) {
    super(`The document has more than ${maximum} ${what}; split it into several requests`, {
      extensions: { code: 'OPERATION_TOO_LARGE', limit, most: maximum, http: { status: 400 } },
    });
  }
}

interface Size {
  readonly depth: number;
  /** Characters of the names from here to a field in the answer, as far as they are longest. */
  readonly path: number;
  readonly aliases: number;
  readonly directives: number;
  /** Fields, fragment spreads, and inline fragments. */
  readonly selections: number;
  /** Values in arguments. */
  readonly values: number;
}

const NOTHING: Size = { depth: 0, path: 0, aliases: 0, directives: 0, selections: 0, values: 0 };

/**
 * Parses a document and checks its limits before validation, since some documents are built to exhaust validation.
 * Measures each fragment once, so that the work is linear in the text.
 * @returns the size of the document; undefined for a syntax error, which the server reports
 * @throws LimitError
 */
export function readWithin(source: string, limits: Limits): DocumentSize | undefined {
  const tokens = countTokens(source, limits);
  if (tokens === undefined) return undefined;
  const document = parsed(source);
  if (!document) return undefined;
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  if (fragments.size > MAX_FRAGMENTS) throw new LimitError('fragments', MAX_FRAGMENTS, 'maxFragments');
  const measured = new Map<string, Size>();
  const sizeOfFragment = (name: string): Size => {
    const cached = measured.get(name);
    if (cached) return cached;
    const fragment = fragments.get(name);
    // validation rejects fragment cycles; this only has to terminate on them
    measured.set(name, NOTHING);
    if (!fragment) return NOTHING;
    const size = sizeOf(fragment.selectionSet);
    measured.set(name, size);
    return size;
  };
  const sizeOf = ({ selections }: SelectionSetNode): Size => {
    let [depth, path, aliases, directives, values] = [0, 0, 0, 0, 0];
    let count = selections.length;
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? sizeOfFragment(selection.name.value)
          : selection.selectionSet
            ? sizeOf(selection.selectionSet)
            : NOTHING;
      depth = Math.max(depth, inner.depth + (isField ? 1 : 0));
      path = Math.max(path, inner.path + (isField ? (selection.alias ?? selection.name).value.length : 0));
      aliases += inner.aliases + (isField && selection.alias ? 1 : 0);
      directives += inner.directives + (selection.directives?.length ?? 0);
      count += inner.selections;
      values += inner.values + (isField ? valuesIn(selection.arguments) : 0);
    }
    return { depth, path, aliases, directives, selections: count, values };
  };
  visit(document, {
    // each payload repeats the label of its fragment
    Directive({ name, arguments: nodes = [] }) {
      const label = name.value === DEFER && nodes.find((node) => node.name.value === 'label')?.value;
      if (label && label.kind === Kind.STRING && label.value.length > MAX_LABEL_LENGTH)
        throw new LimitError('characters in a label', MAX_LABEL_LENGTH, 'maxLabelLength');
    },
    ListValue({ values }) {
      if (values.length > limits.maxList) throw new LimitError('values in a list', limits.maxList, 'maxList');
    },
  });
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, path, aliases, directives, selections, values } = sizeOf(definition.selectionSet);
    const roots = rootFields(definition.selectionSet, fragments, new Set());
    if (depth > limits.maxDepth) throw new LimitError('levels of fields', limits.maxDepth, 'maxDepth');
    if (path > MAX_PATH_LENGTH)
      throw new LimitError('characters in the names from its root to a field', MAX_PATH_LENGTH, 'maxPathLength');
    if (aliases > limits.maxAliases) throw new LimitError('aliases', limits.maxAliases, 'maxAliases');
    if (roots > limits.maxRootFields) throw new LimitError('root fields', limits.maxRootFields, 'maxRootFields');
    if (directives + (definition.directives?.length ?? 0) > limits.maxDirectives)
      throw new LimitError('directives', limits.maxDirectives, 'maxDirectives');
    if (selections > limits.maxFields)
      throw new LimitError('fields and fragments, with its fragments expanded', limits.maxFields, 'maxFields');
    if (values > limits.maxValues)
      throw new LimitError('values in its arguments, with its fragments expanded', limits.maxValues, 'maxValues');
  }
  return { tokens, fragments: fragments.size };
}

/**
 * Checks the limits of variables.
 * @param isPublic whether the caller has no token, and so a quarter of the values: many are needed for bulk mutations only
 * @returns the number of values, objects and lists included @throws LimitError
 */
export function variablesWithin(
  variables: unknown,
  { maxList, maxNesting, maxValues }: Limits,
  isPublic = false,
): number {
  const most = isPublic ? Math.ceil(maxValues / 4) : maxValues;
  // level by level: recursion would exhaust the stack on deep values
  let level = [variables];
  let count = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxNesting) throw new LimitError('levels of values in its variables', maxNesting, 'maxNesting');
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Array.isArray(value) && value.length > maxList)
        throw new LimitError('values in a list of its variables', maxList, 'maxList');
      const inner = Object.values(value);
      count += inner.length;
      if (count > most) throw new LimitError('values in its variables', most, 'maxValues');
      for (const item of inner) if (typeof item === 'object') next.push(item);
    }
    level = next;
  }
  return count;
}

/** Maximum characters of a name: validation compares unknown names with all known ones for its suggestions. */
const MAX_NAME_LENGTH = 500;
/** Maximum characters of the names from the root to a field: errors, and parts of deferred answers, repeat them for each object. */
const MAX_PATH_LENGTH = 500;
/** Maximum characters of a label of `@defer`, which each part repeats. */
const MAX_LABEL_LENGTH = 200;
/** Maximum lines of a document, blank ones and comments included: each location of an error counts them again. */
const MAX_LINES = 10_000;
/** Maximum fragments of a document: validation compares each pair. */
const MAX_FRAGMENTS = 400;

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Checks the tokens of a document before parsing: the parser and all visitors recurse as deeply as the document is nested.
 * @returns the number of tokens; undefined for invalid tokens @throws LimitError
 */
function countTokens(source: string, { maxTokens, maxNesting }: Limits): number | undefined {
  const lexer = new Lexer(new Source(source));
  let depth = 0;
  let count = 0;
  try {
    while (lexer.advance().kind !== TokenKind.EOF) {
      count += 1;
      if (lexer.line > MAX_LINES) throw new LimitError('lines', MAX_LINES, 'maxLines');
      const { kind, start, end } = lexer.token;
      if (kind === TokenKind.NAME && end - start > MAX_NAME_LENGTH)
        throw new LimitError('characters in a name', MAX_NAME_LENGTH, 'maxNameLength');
      if (OPENING.has(kind)) depth += 1;
      if (CLOSING.has(kind)) depth -= 1;
      if (depth > maxNesting)
        throw new LimitError('levels of braces, brackets, and parentheses', maxNesting, 'maxNesting');
      if (count > maxTokens) throw new LimitError('tokens', maxTokens, 'maxTokens');
    }
    return count;
  } catch (error) {
    if (error instanceof LimitError) throw error;
    return undefined;
  }
}

/** Values in arguments, objects and lists included. */
function valuesIn(nodes: readonly (ArgumentNode | ObjectFieldNode)[] = []): number {
  return nodes.reduce((sum, { value }) => sum + valuesOf(value), 0);
}

function valuesOf(value: ValueNode): number {
  if (value.kind === Kind.LIST) return value.values.reduce((sum, item) => sum + valuesOf(item), 1);
  return value.kind === Kind.OBJECT ? 1 + valuesIn(value.fields) : 1;
}

/** Undefined for a syntax error. */
function parsed(source: string): DocumentNode | undefined {
  try {
    return parse(source, { noLocation: true });
  } catch {
    return undefined;
  }
}

function rootFields(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, { readonly selectionSet: SelectionSetNode }>,
  within: Set<string>,
): number {
  let count = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) count += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) count += rootFields(selection.selectionSet, fragments, within);
    else if (!within.has(selection.name.value)) {
      within.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment) count += rootFields(fragment.selectionSet, fragments, within);
    }
  }
  return count;
}
