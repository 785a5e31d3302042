import { type DocumentNode, type FieldNode, GraphQLError, type GraphQLSchema, visit } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Principal } from '#base/identity/principal';
import { type Withheld, withhold } from '../operation/normalize';
import { AccessRules, holds, type Rule } from './access-rules';
import { type ConditionValues, type FieldRead, OperationReads } from './reads';

/** An operation as its caller sends it. */
export interface OperationRequest {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  /** Not coerced yet. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** What is kept of an operation: what it reads by the values of its conditions, and its document by what is withheld. */
interface Kept {
  readonly reads: OperationReads;
  readonly fields: LRUCache<string, readonly FieldRead[]>;
  readonly withheld: LRUCache<string, DocumentNode>;
}

/** Values of conditions, and kinds of callers, for which something of an operation is kept. */
const MAX_KINDS = 64;

/** Who may read which fields, by the rules that a supergraph states: Federation's specification of authorization. */
export class SchemaRules {
  private readonly kept = new WeakMap<DocumentNode, Map<string | undefined, Kept>>();

  private constructor(
    private readonly schema: GraphQLSchema,
    private readonly rules: AccessRules,
  ) {}

  /** @returns undefined when the supergraph states no rules. @throws OperatorError for an unknown security feature */
  static of(document: DocumentNode, schema: GraphQLSchema): SchemaRules | undefined {
    const rules = AccessRules.of(document);
    return rules && new SchemaRules(schema, rules);
  }

  /** What of an operation its caller may not read: one error for each field of the schema and rule. */
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

  /** The document with the fields withheld that the caller may not read; the document itself when there are none. */
  withhold(operation: OperationRequest, principal: Principal | null): DocumentNode {
    const { kept, values, fields } = this.fieldsOf(operation);
    if (fields.length === 0) return operation.document;
    const why = new Map<FieldNode, Withheld>();
    for (const { node, rules, coordinate } of fields) {
      const rule = rules.find((candidate) => !holds(candidate, principal));
      if (rule) why.set(node, refusal(rule, coordinate, principal));
    }
    if (why.size === 0) return operation.document;
    const key = `${keyOf(values)}\n${fields.map(({ node }) => why.get(node)?.message ?? '').join('\n')}`;
    let marked = kept.withheld.get(key);
    if (!marked) {
      marked = visit(kept.reads.document, {
        Field: (node) => {
          const reason = why.get(node);
          return reason && withhold(node, reason);
        },
      });
      kept.withheld.set(key, marked);
    }
    return marked;
  }

  private fieldsOf({ document, operationName, variables = {} }: OperationRequest) {
    const kept = this.keptOf(document, operationName);
    const values = kept.reads.conditionValues(variables);
    const key = keyOf(values);
    let fields = kept.fields.get(key);
    if (!fields) {
      fields = kept.reads.fields(values);
      kept.fields.set(key, fields);
    }
    return { kept, values, fields };
  }

  private keptOf(document: DocumentNode, operationName: string | undefined): Kept {
    let byName = this.kept.get(document);
    if (!byName) {
      byName = new Map();
      this.kept.set(document, byName);
    }
    let kept = byName.get(operationName);
    if (!kept) {
      kept = {
        reads: new OperationReads(document, operationName, this.schema, this.rules),
        fields: new LRUCache({ max: MAX_KINDS }),
        withheld: new LRUCache({ max: MAX_KINDS }),
      };
      byName.set(operationName, kept);
    }
    return kept;
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
  return lists === '' ? `${rule.kind} that no caller has` : `the ${rule.kind} ${lists}`;
}
