import { Kind, parse } from 'graphql';
import { PlanningError } from './errors';
import { type EntityFetch, fetchesOf, type QueryPlan } from './plan';
import {
  argumentsText,
  type Fetched,
  fetched,
  fieldsOf,
  nameOf,
  selectedBy,
  selectionOf,
  typedFields,
} from './selected';

/** By the name of a field that is required, the arguments it is required with. */
type RequiredArguments = ReadonlyMap<string, string>;

/**
 * Checks that what fields require with arguments is what plans give them. Both planners mix up, in some operations, two
 * requirements of one field with different arguments, and would have subgraphs compute from the wrong value without a word.
 */
export class Requirements {
  /** By `Type.field`; only fields that require something with arguments. */
  private readonly required = new Map<string, RequiredArguments>();

  constructor(supergraphSdl: string) {
    // most supergraphs have none, and are large
    if (!/requires: "[^"]*\(/.test(supergraphSdl)) return;
    for (const definition of parse(supergraphSdl, { noLocation: true }).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
        continue;
      for (const field of definition.fields ?? [])
        for (const directive of field.directives ?? []) {
          const requires = directive.arguments?.find(({ name }) => name.value === 'requires')?.value;
          if (directive.name.value !== 'join__field' || requires?.kind !== Kind.STRING) continue;
          const required = new Map(
            fieldsOf(selectionOf(`{ ${requires.value} }`)).map((one) => [one.name.value, argumentsText(one)]),
          );
          if ([...required.values()].some((given) => given !== ''))
            this.required.set(`${definition.name.value}.${field.name.value}`, required);
        }
    }
  }

  /**
   * @throws PlanningError PLAN_NOT_SUPPORTED when a plan has a field computed from what it does not require, or entities asked for
   * by keys that nothing before has fetched.
   */
  check(plan: QueryPlan): void {
    const all = [...fetchesOf(plan.root)].map(fetched);
    all.forEach(({ fetch }, index) => {
      for (const entity of fetch.entities ?? []) checkKeys(entity, all.slice(0, index));
    });
    if (this.required.size === 0) return;
    for (const { fetch, selectionSet } of all)
      for (const entity of fetch.entities ?? []) {
        const asked = fieldsOf(selectionSet).find((one) => nameOf(one) === entity.alias)?.selectionSet;
        for (const [type, field] of typedFields(asked)) {
          const required = this.required.get(`${type}.${field.name.value}`);
          if (required) this.checkEntity(`${type}.${field.name.value}`, required, entity, type, all);
        }
      }
  }

  private checkEntity(
    what: string,
    required: RequiredArguments,
    entity: EntityFetch,
    type: string,
    all: readonly Fetched[],
  ): void {
    for (const [name, wanted] of required) {
      const from = sourceOf(entity, type, name);
      for (const path of entity.paths) {
        const given = selectedBy(all, path);
        const sources = given.filter((one) => nameOf(one) === from);
        if (sources.length === 0 || sources.some((one) => argumentsText(one) !== wanted))
          throw new PlanningError(
            'PLAN_NOT_SUPPORTED',
            `"${what}" needs "${name}" with other arguments than other fields of this operation do, which cannot be planned; ask for "${what}" in a request of its own`,
            { status: 501 },
          );
      }
    }
  }
}

function checkKeys(entity: EntityFetch, before: readonly Fetched[]): void {
  const renamed = before.flatMap(({ fetch }) =>
    [...fetch.outputRewrites, ...(fetch.entities ?? []).flatMap(({ outputRewrites }) => outputRewrites)].flatMap(
      (rewrite) => (rewrite.kind === 'Rename' ? [rewrite.to] : []),
    ),
  );
  for (const path of entity.paths) {
    const names = new Set([...selectedBy(before, path).map(nameOf), ...renamed]);
    for (const fragment of entity.requires)
      for (const selection of fragment.kind === 'Fragment' ? fragment.selections : [fragment])
        if (selection.kind === 'Field' && selection.from !== '__typename' && !names.has(selection.from))
          throw new PlanningError(
            'PLAN_NOT_SUPPORTED',
            `The plan asks for entities by "${selection.name}" before that is known; ask for less at once`,
            { status: 501 },
          );
  }
}

/** The response name under which a requirement is looked for. */
function sourceOf(entity: EntityFetch, type: string, name: string): string {
  for (const fragment of entity.requires)
    if (fragment.kind === 'Fragment' && fragment.type === type)
      for (const selection of fragment.selections)
        if (selection.kind === 'Field' && selection.name === name) return selection.from;
  return name;
}
