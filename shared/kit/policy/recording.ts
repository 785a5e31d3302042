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
 * Has requests record which objects of protected types they show: in pages, plain lists and references, and by key. Resolvers of other
 * types stay as they are. Called after the policies are enforced: what they hold back is not shown. What a mutation returns is not
 * recorded again: its change names the object.
 * @param models those that have a type in the schema
 */
export function recordObjects(schema: GraphQLSchema, models: readonly ModelClass[], types: ProtectedTypes): void {
  const protectedByName = new Map([...types.keys()].map((model) => [modelOf(model).name, model]));
  const parents = [schema.getQueryType(), ...models.map((model) => schema.getType(modelOf(model).name))];
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

/** A field that leads to one object, or to a list that is not paged. */
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

/** Fields of a page. `totalCount` is not among them: the count is recorded as such, and shows no object. */
const FIELDS_OF_PAGES = [
  { name: 'nodes', showsObjects: true },
  { name: 'edges', showsObjects: true },
  // its cursors are sealed: they say whether there are objects, not which
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

/** Entities that a gateway asks for by their keys. */
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
