import { type DocumentNode, type FieldNode, GraphQLError, type GraphQLSchema, visit } from 'graphql';
import type { Principal } from '#base/identity/principal';
import { DocumentCache, derivedBytes } from '../operation/document-cache';
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

/** Maximum estimated bytes of cached reads, of their fields, and of documents with withheld fields, each. */
const MAX_BYTES = 32 * 1024 * 1024;

/** A document with withheld fields. */
interface Marked {
  readonly document: DocumentNode;
  readonly selections: number;
}

/** Enforces a supergraph's access rules, by Federation's authorization specification. */
export class SchemaRules {
  /** By operation name. */
  readonly reads = new DocumentCache<OperationReads>(MAX_BYTES, ({ selections }) => derivedBytes(selections, 0));
  /** By condition values, for the documents of reads. */
  readonly fields = new DocumentCache<readonly FieldRead[]>(MAX_BYTES, ({ length }) => derivedBytes(length, 0));
  /** By withheld fields, for the documents of reads. */
  readonly marked = new DocumentCache<Marked>(MAX_BYTES, ({ selections }) => derivedBytes(selections, 0));

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
    const { reads, values, fields } = this.fieldsOf(operation);
    if (fields.length === 0) return operation.document;
    const reasons = new Map<FieldNode, Withheld>();
    for (const { node, rules, coordinate } of fields) {
      const rule = rules.find((candidate) => !holds(candidate, principal));
      if (rule) reasons.set(node, refusal(rule, coordinate, principal));
    }
    if (reasons.size === 0) return operation.document;
    const key = `${keyOf(values)}\n${fields.map(({ node }) => reasons.get(node)?.message ?? '').join('\n')}`;
    const { document } = this.marked.get(reads.document, key, () => {
      const marked: DocumentNode = visit(reads.document, {
        Field: (node) => {
          const reason = reasons.get(node);
          return reason && withhold(node, reason);
        },
      });
      return { document: marked, selections: reads.selections };
    });
    return document;
  }

  private fieldsOf({ document, operationName, variables = {} }: OperationRequest) {
    const reads = this.reads.get(
      document,
      operationName ?? '',
      () => new OperationReads(document, operationName, this.schema, this.rules),
    );
    const values = reads.conditionValues(variables);
    const fields = this.fields.get(reads.document, keyOf(values), () => reads.fields(values));
    return { reads, values, fields };
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
