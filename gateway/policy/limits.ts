import {
  type DocumentNode,
  GraphQLError,
  Kind,
  Lexer,
  parse,
  type SelectionSetNode,
  Source,
  TokenKind,
  visit,
} from 'graphql';
import type { DocumentSize } from './work';

/** What a document may have at most, wherever its fragments put it. */
export interface Limits {
  readonly maxTokens: number;
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxRootFields: number;
  readonly maxDirectives: number;
  /** Fields, when every fragment is written out where it is spread. */
  readonly maxFields: number;
  /** Values of one list, in the document or in its variables. */
  readonly maxList: number;
  /** Values in variables, objects and lists included. */
  readonly maxValues: number;
  /** Levels of braces, brackets and parentheses in the document, and of lists and objects in its variables. */
  readonly maxNesting: number;
}

/** A document asks for more than anybody needs at once. */
export class LimitError extends GraphQLError {
  constructor(what: string, most: number, limit: keyof Limits | 'maxNameLength' | 'maxFragments') {
    super(`The document has more than ${most} ${what}; ask in several requests`, {
      extensions: { code: 'OPERATION_TOO_LARGE', limit, most, http: { status: 400 } },
    });
  }
}

interface Size {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly fields: number;
}

const NOTHING: Size = { depth: 0, aliases: 0, directives: 0, fields: 0 };

/**
 * Reads a document and says whether it keeps to the limits: before it is validated, since validation is what some documents are made to
 * exhaust. Fragments are measured once each, so that the work is linear in the text.
 * @returns the size of the document; undefined when it is none, which is for the server to say.
 * @throws LimitError
 */
export function readWithin(source: string, limits: Limits): DocumentSize | undefined {
  const tokens = countTokens(source, limits);
  if (tokens === undefined) return undefined;
  const document = parsed(source);
  if (!document) return undefined;
  const fragments = new Map(
    document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  );
  if (fragments.size > MAX_FRAGMENTS) throw new LimitError('fragments', MAX_FRAGMENTS, 'maxFragments');
  const measured = new Map<string, Size>();
  const sizeOfFragment = (name: string): Size => {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    // one that spreads itself is refused by validation; here it must only come to an end
    measured.set(name, NOTHING);
    if (!fragment) return NOTHING;
    const size = sizeOf(fragment.selectionSet);
    measured.set(name, size);
    return size;
  };
  const sizeOf = ({ selections }: SelectionSetNode): Size => {
    let [depth, aliases, directives, fields] = [0, 0, 0, 0];
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? sizeOfFragment(selection.name.value)
          : selection.selectionSet
            ? sizeOf(selection.selectionSet)
            : NOTHING;
      depth = Math.max(depth, inner.depth + (isField ? 1 : 0));
      aliases += inner.aliases + (isField && selection.alias ? 1 : 0);
      directives += inner.directives + (selection.directives?.length ?? 0);
      fields += inner.fields + (isField ? 1 : 0);
    }
    return { depth, aliases, directives, fields };
  };
  visit(document, {
    ListValue({ values }) {
      if (values.length > limits.maxList) throw new LimitError('values in a list', limits.maxList, 'maxList');
    },
  });
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases, directives, fields } = sizeOf(definition.selectionSet);
    const roots = rootFields(definition.selectionSet, fragments, new Set());
    if (depth > limits.maxDepth) throw new LimitError('levels of fields', limits.maxDepth, 'maxDepth');
    if (aliases > limits.maxAliases) throw new LimitError('aliases', limits.maxAliases, 'maxAliases');
    if (roots > limits.maxRootFields) throw new LimitError('root fields', limits.maxRootFields, 'maxRootFields');
    if (directives + (definition.directives?.length ?? 0) > limits.maxDirectives)
      throw new LimitError('directives', limits.maxDirectives, 'maxDirectives');
    if (fields > limits.maxFields)
      throw new LimitError('fields, with its fragments written out', limits.maxFields, 'maxFields');
  }
  return { tokens, fragments: fragments.size };
}

/** Checks that variables keep to the limits. @returns the number of their values, objects and lists included. @throws LimitError */
export function variablesWithin(variables: unknown, { maxList, maxNesting, maxValues }: Limits): number {
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
      if (count > maxValues) throw new LimitError('values in its variables', maxValues, 'maxValues');
      for (const one of inner) if (typeof one === 'object') next.push(one);
    }
    level = next;
  }
  return count;
}

/** Characters of a name: validation compares an unknown one with all that it could have been. */
const MAX_NAME_LENGTH = 500;
/** Fragments of a document: validation compares each with each. */
const MAX_FRAGMENTS = 400;

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Checks the tokens of a document before it is parsed: the parser, and whatever walks through a document, recurses as deeply as it is nested.
 * @returns their number; undefined for what does not consist of GraphQL's tokens. @throws LimitError
 */
function countTokens(source: string, { maxTokens, maxNesting }: Limits): number | undefined {
  const lexer = new Lexer(new Source(source));
  let depth = 0;
  let count = 0;
  try {
    while (lexer.advance().kind !== TokenKind.EOF) {
      count += 1;
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

/** Undefined for what is not a document. */
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
