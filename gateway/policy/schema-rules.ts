import { type DocumentNode, type FieldNode, GraphQLError, type GraphQLSchema, visit } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Principal } from '#base/identity/principal';
import { type Withheld, withhold } from '../operation/normalize';
import { AccessRules, holds, type Rule } from './access-rules';
import { type ConditionValues, type FieldRead, OperationReads } from './reads';

/** An operation as the client sent it. */
export interface OperationRequest {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  /** Not coerced yet. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Cached results for an operation: its reads by condition values, and its document by withheld fields. */
interface Cached {
  readonly reads: OperationReads;
  readonly fields: LRUCache<string, readonly FieldRead[]>;
  readonly withheld: LRUCache<string, DocumentNode>;
}

/** Maximum cached combinations of condition values, and of withheld fields, per operation. */
const MAX_KINDS = 64;

/** Enforces a supergraph's access rules, by Federation's authorization specification. */
export class SchemaRules {
  private readonly cache = new WeakMap<DocumentNode, Map<string | undefined, Cached>>();

  private constructor(
    private readonly schema: GraphQLSchema,
    private readonly rules: AccessRules,
  ) {}

  /** @returns undefined when the supergraph states no rules. @throws OperatorError for an unknown security feature */
  static of(document: DocumentNode, schema: GraphQLSchema): SchemaRules | undefined {
    const rules = AccessRules.of(document);
    return rules && new SchemaRules(schema, rules);
  }

  /** Errors for the fields that the caller may not read: one per schema field and rule. */
  refusals(operation: OperationRequest, principal: Principal | null): readonly GraphQLError[] {
    const refused = new Map<string, GraphQLError>();
    for (const { rules, coordinate } of this.fieldsOf(operation).fields)
      for (const rule of rules) {
        if (holds(rule, principal)) continue;
        const { message, code } = refusal(rule, coordinate, principal);
        const status = principal ? 403 : 401;
        refused.set(message, new GraphQLError(message, { extensions: { code, coordinate, http: { status } } }));
      }
    return [...refused.values()];
  }

  /** Marks the fields that the caller may not read as withheld; returns the same document if the caller may read all. */
  withhold(operation: OperationRequest, principal: Principal | null): DocumentNode {
    const { cached, values, fields } = this.fieldsOf(operation);
    if (fields.length === 0) return operation.document;
    const reasons = new Map<FieldNode, Withheld>();
    for (const { node, rules, coordinate } of fields) {
      const rule = rules.find((candidate) => !holds(candidate, principal));
      if (rule) reasons.set(node, refusal(rule, coordinate, principal));
    }
    if (reasons.size === 0) return operation.document;
    const key = `${keyOf(values)}\n${fields.map(({ node }) => reasons.get(node)?.message ?? '').join('\n')}`;
    let marked = cached.withheld.get(key);
    if (!marked) {
      marked = visit(cached.reads.document, {
        Field: (node) => {
          const reason = reasons.get(node);
          return reason && withhold(node, reason);
        },
      });
      cached.withheld.set(key, marked);
    }
    return marked;
  }

  private fieldsOf({ document, operationName, variables = {} }: OperationRequest) {
    const cached = this.cachedOf(document, operationName);
    const values = cached.reads.conditionValues(variables);
    const key = keyOf(values);
    let fields = cached.fields.get(key);
    if (!fields) {
      fields = cached.reads.fields(values);
      cached.fields.set(key, fields);
    }
    return { cached, values, fields };
  }

  private cachedOf(document: DocumentNode, operationName: string | undefined): Cached {
    let byName = this.cache.get(document);
    if (!byName) {
      byName = new Map();
      this.cache.set(document, byName);
    }
    let cached = byName.get(operationName);
    if (!cached) {
      cached = {
        reads: new OperationReads(document, operationName, this.schema, this.rules),
        fields: new LRUCache({ max: MAX_KINDS }),
        withheld: new LRUCache({ max: MAX_KINDS }),
      };
      byName.set(operationName, cached);
    }
    return cached;
  }
}

const keyOf = (values: ConditionValues): string => [...values].join();

function refusal(rule: Rule, coordinate: string, principal: Principal | null): Withheld {
  return {
    message: `${coordinate} requires ${needOf(rule)}`,
    code: principal ? 'FORBIDDEN' : 'UNAUTHENTICATED',
    coordinate,
  };
}

function needOf(rule: Rule): string {
  if (rule.kind === 'authenticated') return 'a token';
  const lists = rule.anyOf.map((all) => all.join(' and ')).join(', or ');
  return lists === '' ? `${rule.kind} that no caller can have` : `the ${rule.kind} ${lists}`;
}
