import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { OperatorError } from '../../shared/errors';
import type { Principal } from '../../shared/identity/principal';
import { type Withheld, withhold } from '../planning/normalize';
import { featuresOf } from '../supergraph/features';

/** What one use of `@authenticated`, `@requiresScopes` or `@policy` asks of a caller. */
type Rule =
  | { readonly kind: 'authenticated' }
  /** All scopes of one of the lists. */
  | { readonly kind: 'scopes'; readonly anyOf: readonly (readonly string[])[] }
  /** All policies of one of the lists; a caller has a policy by a role or a scope of its name. */
  | { readonly kind: 'policies'; readonly anyOf: readonly (readonly string[])[] };

/** A field of a document, with the rules that it meets. */
interface Met {
  readonly node: FieldNode;
  readonly rules: readonly Rule[];
  /** The field of the schema, as `Type.field`. */
  readonly coordinate: string;
}

/** Documents are kept with what is withheld of them for so many kinds of callers. */
const MOST_KINDS = 64;

const FEATURES: Record<string, (directive: ConstDirectiveNode) => Rule> = {
  authenticated: () => ({ kind: 'authenticated' }),
  requiresScopes: (directive) => ({ kind: 'scopes', anyOf: listsOf(directive) }),
  policy: (directive) => ({ kind: 'policies', anyOf: listsOf(directive) }),
};

const listsOf = ({ arguments: given = [] }: ConstDirectiveNode): string[][] =>
  given[0] ? (valueFromASTUntyped(given[0].value) as string[][]) : [];

const SPECS = 'https://specs.apollo.dev/';
/** Security features that are seen to elsewhere: what is inaccessible is not in the schema that clients ask, contexts are the planner's. */
const SEEN_TO = new Set(['inaccessible', 'context']);

/** The rules that a supergraph states for who may ask for its fields: Federation's specification of authorization. */
export class SchemaRules {
  private readonly met = new WeakMap<DocumentNode, readonly Met[]>();
  private readonly withheld = new WeakMap<DocumentNode, LRUCache<string, DocumentNode>>();

  private constructor(
    private readonly schema: GraphQLSchema,
    /** By `Type`, or `Type.field`. */
    private readonly rules: ReadonlyMap<string, readonly Rule[]>,
  ) {}

  /** Undefined when it states none. @throws OperatorError for a security feature that is not known here */
  static of(document: DocumentNode, schema: GraphQLSchema): SchemaRules | undefined {
    const names = featureNames(document);
    if (names.size === 0) return undefined;
    const rules = new Map<string, Rule[]>();
    const add = (coordinate: string, directives: readonly ConstDirectiveNode[] = []) => {
      for (const directive of directives) {
        const feature = names.get(directive.name.value);
        if (feature) rules.set(coordinate, [...(rules.get(coordinate) ?? []), FEATURES[feature]!(directive)]);
      }
    };
    for (const definition of document.definitions) {
      if (!('name' in definition) || !definition.name || definition.kind === Kind.DIRECTIVE_DEFINITION) continue;
      const type = definition.name.value;
      add(type, definition.directives as readonly ConstDirectiveNode[]);
      if ('fields' in definition)
        for (const field of definition.fields ?? []) add(`${type}.${field.name.value}`, field.directives);
    }
    return rules.size === 0 ? undefined : new SchemaRules(schema, rules);
  }

  /** What of a document a caller may not ask for: one error for each field of the schema and rule. */
  refusals(document: DocumentNode, principal: Principal | null): readonly GraphQLError[] {
    const refused = new Map<string, GraphQLError>();
    for (const { rules, coordinate } of this.metBy(document))
      for (const rule of rules) {
        if (holds(rule, principal)) continue;
        const { message, code } = refusal(rule, coordinate, principal);
        const status = principal ? 403 : 401;
        refused.set(message, new GraphQLError(message, { extensions: { code, coordinate, http: { status } } }));
      }
    return [...refused.values()];
  }

  /** The document, its fields withheld that a caller may not ask for; itself when there are none. */
  withhold(document: DocumentNode, principal: Principal | null): DocumentNode {
    const met = this.metBy(document);
    if (met.length === 0) return document;
    const why = new Map<FieldNode, Withheld>();
    for (const { node, rules, coordinate } of met) {
      const rule = rules.find((one) => !holds(one, principal));
      if (rule) why.set(node, refusal(rule, coordinate, principal));
    }
    if (why.size === 0) return document;
    let byReasons = this.withheld.get(document);
    if (!byReasons) {
      byReasons = new LRUCache({ max: MOST_KINDS });
      this.withheld.set(document, byReasons);
    }
    const key = met.map(({ node }) => why.get(node)?.message ?? '').join('\n');
    let marked = byReasons.get(key);
    if (!marked) {
      marked = visit(document, {
        Field: (node) => {
          const reason = why.get(node);
          return reason && withhold(node, reason);
        },
      });
      byReasons.set(key, marked);
    }
    return marked;
  }

  private metBy(document: DocumentNode): readonly Met[] {
    let met = this.met.get(document);
    if (!met) {
      met = this.look(document);
      this.met.set(document, met);
    }
    return met;
  }

  private look(document: DocumentNode): readonly Met[] {
    const info = new TypeInfo(this.schema);
    const found: Met[] = [];
    visit(
      document,
      visitWithTypeInfo(info, {
        Field: (node) => {
          const [parent, field] = [info.getParentType(), info.getFieldDef()];
          if (!parent || !field || field.name.startsWith('__')) return;
          const types = [...this.typesOf(parent), ...this.typesOf(getNamedType(field.type))];
          const places = [
            ...types.map(({ name }) => name),
            ...this.typesOf(parent).map(({ name }) => `${name}.${field.name}`),
          ];
          const rules = [...new Set(places)].flatMap((place) => this.rules.get(place) ?? []);
          if (rules.length > 0) found.push({ node, rules, coordinate: `${parent.name}.${field.name}` });
        },
      }),
    );
    return found;
  }

  /** A type, what it implements, and what may stand in its place: whoever asks through one asks for all. */
  private typesOf(type: GraphQLNamedType): readonly GraphQLNamedType[] {
    const above = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [];
    const below = isAbstractType(type) ? this.schema.getPossibleTypes(type) : [];
    return [type, ...above, ...below];
  }
}

/** By the names that directives have in the supergraph, the feature they are of. @throws OperatorError */
function featureNames(document: DocumentNode): Map<string, string> {
  const names = new Map<string, string>();
  for (const { url, name, isForSecurity, directiveNamed } of featuresOf(document)) {
    const isFederations = url.startsWith(SPECS);
    if (isFederations && Object.hasOwn(FEATURES, name)) names.set(directiveNamed(name), name);
    else if (isForSecurity && !(isFederations && SEEN_TO.has(name)))
      throw new OperatorError(
        `The supergraph has a security feature that is not known here: ${url}`,
        'Leave it out, or use a release that knows it: without it, the graph would be open where it means to be closed',
      );
  }
  return names;
}

function holds(rule: Rule, principal: Principal | null): boolean {
  if (!principal) return false;
  if (rule.kind === 'authenticated') return true;
  const { scopes, roles } = principal;
  const has =
    rule.kind === 'scopes'
      ? (name: string) => scopes.includes(name)
      : (name: string) => scopes.includes(name) || (roles as readonly string[]).includes(name);
  return rule.anyOf.some((all) => all.every(has));
}

function refusal(rule: Rule, coordinate: string, principal: Principal | null): Withheld {
  const needs =
    rule.kind === 'authenticated'
      ? 'a token'
      : `the ${rule.kind} ${rule.anyOf.map((all) => all.join(' and ')).join(', or ') || 'that nobody has'}`;
  return {
    message: `${coordinate} is shown to callers with ${needs}`,
    code: principal ? 'FORBIDDEN' : 'UNAUTHENTICATED',
    coordinate,
  };
}
