import {
  buildASTSchema,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { type EntityFetch, type FetchNode, fetchesOf, type QueryPlan } from './plan';
import { fieldsOf, nameOf, selectedBy, selectionOf } from './selected';

/**
 * Checks fetches from subgraphs that know an interface as one object (`@interfaceObject`). The native planner joins those for
 * different types of the interface into one, and may keep the requirement of one type only: objects of the others would not be
 * asked about.
 */
export class InterfaceObjects {
  private readonly schema: GraphQLSchema | undefined;

  constructor(supergraphSdl: string) {
    if (supergraphSdl.includes('isInterfaceObject: true'))
      this.schema = buildASTSchema(parse(supergraphSdl, { noLocation: true }), { assumeValid: true });
  }

  /** Whether all objects that an operation asks for fields of are asked about. */
  areAllAskedAbout(plan: QueryPlan, operation: string): boolean {
    const { schema } = this;
    if (!schema) return true;
    const asked = selectionOf(operation);
    const all = [...fetchesOf(plan.root)];
    return all.every((fetch) =>
      (fetch.entities ?? []).every((entity) =>
        this.missed(schema, entity).every((type) => this.isGivenElsewhere(schema, type, entity, fetch, all, asked)),
      ),
    );
  }

  /** Types of the interface whose objects a fetch does not ask about. */
  private missed(schema: GraphQLSchema, { inputRewrites, requires }: EntityFetch): string[] {
    const name = inputRewrites.find(
      (one) =>
        one.kind === 'Set' &&
        one.path.at(-1)?.kind === 'Field' &&
        (one.path.at(-1) as { name: string }).name === '__typename',
    );
    const type = name?.kind === 'Set' ? schema.getType(String(name.value)) : undefined;
    if (!isAbstractType(type)) return [];
    const required = new Set(
      requires.flatMap((one) => (one.kind === 'Fragment' ? this.objectTypes(schema, one.type) : [])),
    );
    return schema.getPossibleTypes(type).flatMap((possible) => (required.has(possible.name) ? [] : [possible.name]));
  }

  private objectTypes(schema: GraphQLSchema, name: string): string[] {
    const type = schema.getType(name);
    return isAbstractType(type) ? schema.getPossibleTypes(type).map((one) => one.name) : [name];
  }

  /** Whether nothing that a fetch selects is wanted of objects of a type that it misses, unless another fetch gives it. */
  private isGivenElsewhere(
    schema: GraphQLSchema,
    type: string,
    entity: EntityFetch,
    fetch: FetchNode,
    all: readonly FetchNode[],
    asked: SelectionSetNode,
  ): boolean {
    const given = new Set(namePaths(selectedBy([fetchedOf({ ...fetch, entities: [entity] })], entity.paths[0]!)));
    return entity.paths.every((path) => {
      const names = path.flatMap((step) => (step.kind === 'Field' ? [step.name] : []));
      const wanted = namePaths(wantedOf(schema, asked, schema.getQueryType()!, names, type)).filter((name) =>
        given.has(name),
      );
      const others = all.filter(
        (one) =>
          one !== fetch &&
          (one.entities ?? [one]).some((other) => !('requires' in other) || this.asksAbout(schema, other, type)),
      );
      const fromOthers = new Set(namePaths(selectedBy(others.map(fetchedOf), path)));
      return wanted.every((name) => fromOthers.has(name));
    });
  }

  private asksAbout(schema: GraphQLSchema, { requires }: EntityFetch, type: string): boolean {
    return requires.some((one) => one.kind === 'Fragment' && this.objectTypes(schema, one.type).includes(type));
  }
}

const fetchedOf = (fetch: FetchNode) => ({ fetch, selectionSet: selectionOf(fetch.operation) });

/** Response names, each with those of the fields it is in, whatever types they are for. */
function namePaths(fields: readonly FieldNode[], before = ''): string[] {
  return fields.flatMap((field) => {
    const name = `${before}${nameOf(field)}`;
    return [name, ...(field.selectionSet ? namePaths(fieldsOf(field.selectionSet), `${name}.`) : [])];
  });
}

/** Fields that are wanted of objects of a type at a path; none where there can be no such objects. */
function wantedOf(
  schema: GraphQLSchema,
  selectionSet: SelectionSetNode,
  parent: GraphQLCompositeType,
  path: readonly string[],
  type: string,
): FieldNode[] {
  const [first, ...rest] = path;
  if (first === undefined) {
    const canBe = isAbstractType(parent)
      ? schema.getPossibleTypes(parent).some(({ name }) => name === type)
      : parent.name === type;
    if (!canBe) return [];
    const fields = fieldsFor(schema, selectionSet, parent, type).map(({ field }) => field);
    return fields.filter(({ name }) => name.value !== '__typename');
  }
  // on the way, any object that may be there
  return fieldsFor(schema, selectionSet, parent, undefined).flatMap(({ field, parent: on }) => {
    if (nameOf(field) !== first || !field.selectionSet) return [];
    const definition = isObjectType(on) || isInterfaceType(on) ? on.getFields()[field.name.value] : undefined;
    const inner = definition && getNamedType(definition.type);
    return isCompositeType(inner) ? wantedOf(schema, field.selectionSet, inner, rest, type) : [];
  });
}

interface FieldOn {
  readonly field: FieldNode;
  readonly parent: GraphQLCompositeType;
}

function fieldsFor(
  schema: GraphQLSchema,
  { selections }: SelectionSetNode,
  parent: GraphQLCompositeType,
  type: string | undefined,
): FieldOn[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [{ field: selection, parent }];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const condition = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent;
    const object = type === undefined ? undefined : schema.getType(type);
    const applies =
      !isObjectType(object) ||
      condition === object ||
      (isAbstractType(condition) && schema.isSubType(condition, object));
    return applies ? fieldsFor(schema, selection.selectionSet, condition as GraphQLCompositeType, type) : [];
  });
}
