import { defaultFieldResolver, type GraphQLField, type GraphQLSchema, isObjectType } from 'graphql';
import { ACCESS_LOG_TYPES } from '../audit/access-log';
import { RequestError } from '../errors';
import { type ModelClass, modelOf, type Sensitivity } from '../model/model';
import type { Context } from '../subgraph/context';
import type { Policies, Protected } from './policy';
import { government, oversight, type Rule } from './rule';

/** Somebody asked for a field that is of a class they see of no object. */
export class FieldForbiddenError extends RequestError {
  constructor(type: string, field: string, sensitivity: Sensitivity) {
    super('FORBIDDEN', `${type}.${field} is of class ${sensitivity}, which your roles do not read`, [], {
      sensitivity,
    });
  }
}

/** Who may read fields of objects that are not stored, and so have no policy: figures of programmes, above all. */
const OF_FIGURES: Partial<Record<Sensitivity, Rule>> = { GOV: government };

/** The class that a field declares, if it does. */
export function sensitivityOf(field: GraphQLField<unknown, unknown>): Sensitivity | undefined {
  const directive = field.astNode?.directives?.find(({ name }) => name.value === 'sensitivity');
  const value = directive?.arguments?.[0]?.value;
  return value && 'value' in value ? (String(value.value) as Sensitivity) : undefined;
}

/**
 * Puts every field of a protected class behind its rule. What a principal may read of no object is refused in words; what it may
 * not read of one object is null there, as if it were not known.
 * @param carriers fields that have no class of their own, as `Type.field`
 */
export function enforce(
  schema: GraphQLSchema,
  models: readonly ModelClass[],
  policies: Policies,
  carriers: ReadonlySet<string>,
): void {
  const byName = new Map(models.map((model) => [modelOf(model).name, model]));
  const parts = partsOfModels(schema, byName);
  const query = schema.getQueryType();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('_') || parts.has(type.name)) continue;
    const model = byName.get(type.name);
    for (const field of Object.values(type.getFields())) {
      const sensitivity = sensitivityOf(field);
      // what it carries is let through or not by its own policy
      if (carriers.has(`${type.name}.${field.name}`)) continue;
      if (!sensitivity || sensitivity === 'PUBLIC' || (type !== query && leadsToModels(field, byName))) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve =
        model && policies.has(model)
          ? guarded(model, field.name, sensitivity, resolve)
          : figured(type.name, field, sensitivity, resolve);
    }
  }
}

const namedType = (field: GraphQLField<unknown, unknown>): string => String(field.type).replace(/[[\]!]/g, '');

/** Types without identity that stand in stored objects: the fields that lead to them are guarded, and so are they. */
function partsOfModels(schema: GraphQLSchema, byName: ReadonlyMap<string, ModelClass>): Set<string> {
  const parts = new Set<string>();
  const visit = (name: string): void => {
    const type = schema.getType(name);
    if (!isObjectType(type)) return;
    for (const field of Object.values(type.getFields())) {
      const led = namedType(field);
      if (byName.has(led) || led.endsWith('Connection') || parts.has(led) || !isObjectType(schema.getType(led)))
        continue;
      parts.add(led);
      visit(led);
    }
  };
  for (const [name, model] of byName) if (modelOf(model).stored) visit(name);
  return parts;
}

type Resolve = NonNullable<GraphQLField<unknown, unknown>['resolve']>;

/** Objects that it leads to are let through or not by their own policy. */
function leadsToModels(field: GraphQLField<unknown, unknown>, byName: ReadonlyMap<string, ModelClass>): boolean {
  const named = namedType(field);
  if (named.endsWith('Connection')) return true;
  const model = byName.get(named);
  return model !== undefined && modelOf(model).stored;
}

function guarded(model: ModelClass, field: string, sensitivity: Protected, resolve: Resolve): Resolve {
  const { name, key: keyProperty } = modelOf(model);
  return (source, args, context, info) => {
    const { loaders, reader, reads } = context as Context;
    const reach = reader.fields(model, sensitivity);
    if (reach === false) throw new FieldForbiddenError(name, field, sensitivity);
    const key = (source as Record<string, string>)[keyProperty]!;
    const read = () => {
      reads.note(name, sensitivity, key);
      return resolve(source, args, context, info);
    };
    if (reach === true) return read();
    return loaders
      .mayRead(model, sensitivity)
      .load(key)
      .then((may) => (may ? read() : null));
  };
}

function figured(
  type: string,
  field: GraphQLField<unknown, unknown>,
  sensitivity: Sensitivity,
  resolve: Resolve,
): Resolve {
  const isOfRecord = ACCESS_LOG_TYPES.has(type) || ACCESS_LOG_TYPES.has(namedType(field));
  const rule = isOfRecord ? oversight : OF_FIGURES[sensitivity];
  return (source, args, context, info) => {
    if (rule?.((context as Context).principal) !== true) throw new FieldForbiddenError(type, field.name, sensitivity);
    return resolve(source, args, context, info);
  };
}
