import { type FieldNode, Kind } from 'graphql';
import { type EntityFetch, type FetchNode, fetchesOf, type PlanNode, type QueryPlan } from './plan';
import { type Fetched, fetched, nameOf, selectedBy } from './selected';

/**
 * Whether a plan asks about entities by what it has only asked for under a condition that is not theirs. The native planner does so
 * where a field under a condition is a key too, of objects that a subgraph knows by their interface: when the condition leaves the
 * field out, nothing would be asked about them.
 */
export function hasConditionalKeys({ root }: QueryPlan): boolean {
  if (![...fetchesOf(root)].some(({ operation }) => /@(skip|include)\b/.test(operation))) return false;
  const before: Fetched[] = [];
  const look = (node: PlanNode | undefined, around: readonly string[]): boolean => {
    if (!node) return false;
    if (node.kind === 'Condition') {
      const within = [...around, node.variable];
      return look(node.whenTrue, within) || look(node.whenFalse, within);
    }
    if (node.kind !== 'Fetch') return node.nodes.some((child) => look(child, around));
    const isLost = asksByLost(node, before, around);
    before.push(fetched(node));
    return isLost;
  };
  return look(root, []);
}

function asksByLost({ entities = [] }: FetchNode, before: readonly Fetched[], around: readonly string[]): boolean {
  return entities.some((entity) =>
    entity.paths.some((path) => {
      const there = selectedBy(before, path);
      return requiredNames(entity).some((name) => {
        const given = there.filter((field) => nameOf(field) === name).map(conditionsOf);
        return given.length > 0 && given.every((variables) => variables.some((one) => !around.includes(one)));
      });
    }),
  );
}

/** What represents the entities, nested requirements left aside. */
const requiredNames = ({ requires }: EntityFetch): string[] =>
  requires.flatMap((one) =>
    one.kind === 'Fragment'
      ? one.selections.flatMap((field) => (field.kind === 'Field' && field.from !== '__typename' ? [field.from] : []))
      : [],
  );

/** Variables that `@skip` and `@include` of a field depend on. */
const conditionsOf = ({ directives = [] }: FieldNode): string[] =>
  directives.flatMap(({ arguments: [given] = [] }) =>
    given?.value.kind === Kind.VARIABLE ? [given.value.name.value] : [],
  );
