import {
  type ConstDirectiveNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type InputObjectTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  visit,
} from 'graphql';
import type { RoleSpecs } from '#base/identity/roles';
import { aggregateFieldsOf, classesOf } from '../aggregates/aggregate-fields';
import { type ModelClass, modelOf, upperSnakeCase } from '../model/model';
import { type Actors, EVERY_CALLER } from '../mutation/actors';
import type { AnyMutation } from '../mutation/bulk';

export interface TaggedParts {
  readonly roles: RoleSpecs;
  readonly models: readonly ModelClass[];
  readonly mutations: readonly AnyMutation[];
  readonly actors: Actors;
}

/** Tag of all mutations. */
const CHANGE = 'change';
/** Tag of mutations that no caller outside of the government may call. */
const INTERNAL = 'internal';
/** Gateways show a type, input, or value with this tag where they show fields of the class. */
const CLASS = 'class/';
/** Gateways hide a part of a type with this tag where they hide the field of the model that the part is named after. */
const OF = 'of/';
/** Types that a model's lists and figures are made of. */
const DERIVED = ['', 'Connection', 'Edge', 'Aggregates', 'Group', 'GroupPage'];

export function tagDirective(name: string): ConstDirectiveNode {
  const value = { kind: Kind.STRING, value: name } as const;
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'tag' },
    arguments: [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'name' }, value }],
  };
}

interface Tagged {
  readonly directives?: readonly ConstDirectiveNode[];
}

/** Adds tags, each once. */
function tagged<T extends Tagged>(node: T, names: readonly (string | undefined)[]): T {
  const added = [...new Set(names)].flatMap((name) => (name === undefined ? [] : [tagDirective(name)]));
  return added.length === 0 ? node : { ...node, directives: [...(node.directives ?? []), ...added] };
}

/**
 * Adds the tags that contracts select by: those of models, mutations by who may call them, and the class of each field to the inputs and values
 * that are named after it, which have no class of their own; and to the types of these, the model whose fields they are named after.
 * @param document with a class on every field
 */
export function withTags(document: DocumentNode, parts: TaggedParts): DocumentNode {
  const classes = classTagsIn(document);
  const ofTypes = new Map<string, string[]>();
  for (const target of parts.models) {
    const { name, tags, stored, sensitivity } = modelOf(target);
    if (!stored) continue;
    for (const suffix of DERIVED) ofTypes.set(`${name}${suffix}`, [...tags]);
    ofTypes.get(name)!.push(...(sensitivity === 'PUBLIC' ? [] : [`${CLASS}${sensitivity}`]));
  }
  const targets = new Map(parts.models.map((target) => [modelOf(target).name, target]));
  const models = new Set(targets.keys());
  const mutations = new Map(parts.mutations.map((spec) => [spec.name, tagsOfMutation(spec, parts)]));
  return visit(document, {
    ObjectTypeDefinition: (type: ObjectTypeDefinitionNode) =>
      type.name.value === 'Mutation'
        ? { ...type, fields: type.fields?.map((field) => tagged(field, mutations.get(field.name.value) ?? [])) }
        : tagged(type, [
            ...(ofTypes.get(type.name.value) ?? []),
            ...ofModel(modelIn(type.name.value, ['Group'], models)),
          ]),
    InputObjectTypeDefinition: (type: InputObjectTypeDefinitionNode) => {
      const model = modelIn(type.name.value, ['Filter'], models);
      if (model === undefined) return undefined;
      return {
        ...tagged(type, ofModel(model)),
        fields: type.fields?.map((field) => tagged(field, [classes.get(`${model}.${field.name.value}`)])),
      };
    },
    EnumTypeDefinition: (type: EnumTypeDefinitionNode) => {
      const model = modelIn(type.name.value, ['OrderField', 'AggregateField'], models);
      if (model === undefined) return undefined;
      return {
        ...tagged(type, ofModel(model)),
        values: type.values?.map((value) =>
          tagged(value, [
            classes.get(`${model}.${value.name.value}`),
            ...classTagsOfReferenced(targets.get(model)!, value.name.value),
          ]),
        ),
      };
    },
  });
}

const ofModel = (model: string | undefined): string[] => (model === undefined ? [] : [`${OF}${model}`]);

/** Tags of a value that stands for a field of a referenced object, such as `SYSTEM_IMPACT_LEVEL`; none for other values. */
function classTagsOfReferenced(target: ModelClass, value: string): string[] {
  const field = aggregateFieldsOf(target).get(value);
  if (field?.via === undefined) return [];
  return classesOf(target, field).flatMap((of) => (of === 'PUBLIC' ? [] : [`${CLASS}${of}`]));
}

/** The model that a type is named after. */
function modelIn(name: string, suffixes: readonly string[], models: ReadonlySet<string>): string | undefined {
  const suffix = suffixes.find((candidate) => name.endsWith(candidate));
  const model = suffix && name.slice(0, -suffix.length);
  return model && models.has(model) ? model : undefined;
}

/** Tags of fields that are not public, by `Type.field`, `Type.FIELD`, and `Type.FIELD_COUNT` for the length of a list. */
function classTagsIn({ definitions }: DocumentNode): Map<string, string> {
  const tags = new Map<string, string>();
  for (const definition of definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const { name, directives } of definition.fields ?? []) {
      const value = directives?.find((directive) => directive.name.value === 'sensitivity')?.arguments?.[0]?.value;
      if (value?.kind !== Kind.ENUM || value.value === 'PUBLIC') continue;
      const upper = upperSnakeCase(name.value);
      for (const named of [name.value, upper, `${upper}_COUNT`])
        tags.set(`${definition.name.value}.${named}`, `${CLASS}${value.value}`);
    }
  }
  return tags;
}

function tagsOfMutation({ by, returns: [, type], tags = [] }: AnyMutation, parts: TaggedParts): string[] {
  const { sensitivity, stored, tags: ofModel } = modelOf(type());
  const outside = Object.entries(parts.actors).flatMap(([role, actor]) =>
    actor !== undefined && isOutside(role, parts.roles) ? [actor] : [],
  );
  return [
    CHANGE,
    ...(by.some((actor) => outside.includes(actor)) ? [] : [INTERNAL]),
    ...(stored && sensitivity !== 'PUBLIC' ? [`${CLASS}${sensitivity}`] : []),
    ...ofModel,
    ...tags,
  ];
}

/** Whether callers with a role may be outside of the government: they act for an organization, or have no role at all. */
const isOutside = (role: string, roles: RoleSpecs): boolean =>
  role === EVERY_CALLER || roles[role]?.needs === 'organization';
