import {
  assertValidSchema,
  buildASTSchema,
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLDirective,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  isInputType,
  isTypeExtensionNode,
  Kind,
  parse,
  print,
  typeFromAST,
  valueFromAST,
  visit,
} from 'graphql';
import { OperatorError } from '#base/errors';
import { featuresOf } from './features';
import { Join } from './join';

/** A supergraph that can be served. */
export interface Supergraph {
  readonly document: DocumentNode;
  /** All types, including those that clients do not see. */
  readonly schema: GraphQLSchema;
  readonly join: Join;
}

/** The last supergraph that was read: graphs in one process usually serve the same one. */
let last: { readonly sdl: string; readonly supergraph: Supergraph } | undefined;

/** Parses and checks a supergraph, once for graphs over the same one. @throws OperatorError if it is invalid */
export function readSupergraph(sdl: string): Supergraph {
  if (last?.sdl !== sdl) last = { sdl, supergraph: parseSupergraph(sdl) };
  return last.supergraph;
}

function parseSupergraph(sdl: string): Supergraph {
  try {
    const document = parse(sdl, { noLocation: true });
    const join = new Join(document);
    // graphql-js checks names, places, and types, but no values
    const schema = buildASTSchema(document);
    assertValidSchema(schema);
    requireValues(document, schema);
    requireComposed(document, join);
    return { document, schema, join };
  } catch (error) {
    throw invalidSupergraph(error);
  }
}

/** The error of a supergraph that cannot be served. */
export function invalidSupergraph(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  return new OperatorError(
    `Invalid supergraph: ${(error as Error).message}`,
    'The file must be a Federation 2 supergraph schema, as composition writes it',
    { cause: error },
  );
}

/** @throws Error for a default value or an argument of a directive that has the wrong type */
function requireValues(document: DocumentNode, schema: GraphQLSchema): void {
  const directives = new Map(schema.getDirectives().map((directive) => [directive.name, directive]));
  visit(document, {
    InputValueDefinition: (node) => requireDefault(node, schema),
    Directive: (node) => requireArguments(node as ConstDirectiveNode, directives.get(node.name.value)!),
  });
}

function requireDefault({ name, type: typeNode, defaultValue }: InputValueDefinitionNode, schema: GraphQLSchema): void {
  const type = defaultValue && typeFromAST(schema, typeNode as never);
  if (!type || !isInputType(type) || valueFromAST(defaultValue, type) !== undefined) return;
  throw new Error(`The default value ${print(defaultValue)} of "${name.value}" is not of type ${type}`);
}

function requireArguments({ name, arguments: nodes = [] }: ConstDirectiveNode, { args }: GraphQLDirective): void {
  for (const { name: argument, value } of nodes) {
    const { type } = args.find((candidate) => candidate.name === argument.value)!;
    if (valueFromAST(value, type) === undefined)
      throw new Error(`@${name.value}(${argument.value}:) is ${print(value)}, which is not of type ${type}`);
  }
}

/** Directives that hide or protect, which must not be taken for others. */
const PROTECTING: ReadonlySet<string> = new Set([
  'inaccessible',
  'authenticated',
  'requiresScopes',
  'policy',
  'sensitivity',
  'owner',
  'role',
]);

/** @throws Error for a supergraph without subgraphs, or with extensions: composition writes none, and their directives would be missed */
function requireComposed(document: DocumentNode, { subgraphs }: Join): void {
  const { definitions } = document;
  if (subgraphs.length === 0) throw new Error('it joins no subgraphs');
  const names = subgraphs.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error('it joins two subgraphs of one name');
  const features = featuresOf(document);
  for (const definition of definitions)
    if (definition.kind === Kind.DIRECTIVE_DEFINITION && PROTECTING.has(definition.name.value)) {
      const name = `@${definition.name.value}`;
      if (!features.some((feature) => feature.defines(name)))
        throw new Error(`it defines ${name}, but links no feature that defines it by this name`);
    }
  for (const definition of definitions)
    if (isTypeExtensionNode(definition))
      throw new Error(`it extends ${definition.name.value}: write the extension into the definition`);
}
