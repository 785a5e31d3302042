import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import { listedBy } from '../collection/connection';
import { type ModelClass, modelOf } from '../model/model';
import type { Context } from '../subgraph/context';
import type { ProtectedTypes } from './protected-types';

/**
 * Wraps resolvers so that requests record the objects of protected types that they return: in pages, plain lists, references, and by key.
 * Call it after {@link enforce}, so that withheld objects are not recorded. Mutation payloads are not recorded again, since the record of
 * the change names the object.
 * @param models models with a type in the schema
 */
export function recordObjects(schema: GraphQLSchema, models: readonly ModelClass[], types: ProtectedTypes): void {
  const protectedByName = new Map([...types.keys()].map((model) => [modelOf(model).name, model]));
  const names = models.flatMap((model) => [modelOf(model).name, `${modelOf(model).name}Group`]);
  const parents = [schema.getQueryType(), ...names.map((name) => schema.getType(name))];
  for (const parent of parents.filter(isObjectType))
    for (const field of Object.values(parent.getFields())) {
      const model = protectedByName.get(getNamedType(field.type).name);
      if (model) recordField(field, model);
    }
  for (const [name, model] of protectedByName) {
    recordEntities(schema.getType(name) as GraphQLObjectType, model);
    const connection = schema.getType(`${name}Connection`);
    if (isObjectType(connection)) recordPages(connection, model);
  }
}

/** Records a field that returns one object or a plain list. */
function recordField(field: GraphQLField<unknown, unknown>, model: ModelClass): void {
  const { resolve = defaultFieldResolver } = field;
  const isList = isListType(getNullableType(field.type));
  field.resolve = async (source, args, context, info) => {
    const value: unknown = await resolve(source, args, context, info);
    if (value == null) return value;
    const { loaders } = context as Context;
    const objects = (isList ? value : [value]) as readonly (object | null)[];
    if (isList) loaders.noteList(model);
    loaders.noteObjects(
      model,
      objects.filter((object) => object !== null),
    );
    return value;
  };
}

/** Fields of a page to record. Without `totalCount`, which records itself as a count and returns no object. */
const FIELDS_OF_PAGES = [
  { name: 'nodes', showsObjects: true },
  { name: 'edges', showsObjects: true },
  // cursors are sealed: they reveal whether objects exist, not which
  { name: 'pageInfo', showsObjects: false },
];

function recordPages(connection: GraphQLObjectType, model: ModelClass): void {
  for (const { name, showsObjects } of FIELDS_OF_PAGES) {
    const field = connection.getFields()[name]!;
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (source, args, context, info) => {
      const { loaders } = context as Context;
      loaders.noteList(model);
      if (showsObjects) loaders.noteObjects(model, listedBy(source as object));
      return resolve(source, args, context, info);
    };
  }
}

type ReferenceResolver = (reference: object, context: unknown, info: unknown) => unknown;

/** Records entities that a gateway requests by key. */
function recordEntities(type: GraphQLObjectType, model: ModelClass): void {
  const { apollo } = type.extensions as { apollo?: { subgraph?: { resolveReference?: ReferenceResolver } } };
  const resolve = apollo?.subgraph?.resolveReference;
  if (!resolve) return;
  apollo.subgraph!.resolveReference = async (reference, context, info) => {
    const entity = await resolve(reference, context, info);
    if (entity) (context as Context).loaders.noteObjects(model, [entity as object]);
    return entity;
  };
}
