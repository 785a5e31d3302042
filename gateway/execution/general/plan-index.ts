import type { EntityFetch, FetchNode, PathStep } from '../../planning/plan';
import { fetched, fieldNames, nameOf, selectedBy } from '../../planning/selected';

type Path = readonly PathStep[];

/** A step of a path with the allowed types of its objects. */
interface TypedStep {
  readonly field: string;
  readonly types: string;
}

/** A path at which a fetch resolves entities. */
interface AskedPath {
  readonly node: FetchNode;
  readonly entity: EntityFetch;
  readonly path: Path;
  readonly place: string;
  readonly steps: readonly TypedStep[];
}

/** Analyzes how the fetches of one plan affect each other's objects. */
export class PlanIndex {
  private readonly asked: readonly AskedPath[];
  private readonly hasContext: boolean;
  private readonly selections: ReadonlyMap<FetchNode, ReturnType<typeof fetched>>;
  private readonly shareable = new Map<Path, boolean>();

  /** @param all every fetch of the plan, in the order of the plan. */
  constructor(private readonly all: readonly FetchNode[]) {
    this.selections = new Map(all.map((node) => [node, fetched(node)]));
    this.hasContext = all.some(({ context }) => context !== undefined);
    this.asked = all.flatMap((node) =>
      (node.entities ?? []).flatMap((entity) =>
        entity.paths.map((path) => ({ node, entity, path, place: place(path), steps: typedSteps(path) })),
      ),
    );
  }

  /**
   * Whether objects at a path that are the same entity may share merged values. They must not if another fetch passes through
   * that place for some types only, since it would modify objects of other types, too; nor if values depend on context.
   */
  mayShare(path: Path): boolean {
    let answer = this.shareable.get(path);
    if (answer === undefined) {
      const pathSteps = typedSteps(path);
      answer =
        !this.hasContext &&
        this.asked.every(({ steps }) => {
          const goesThrough = pathSteps.every((step, index) => steps[index]?.field === step.field);
          return !goesThrough || pathSteps.every((step, index) => steps[index]!.types === step.types);
        });
      this.shareable.set(path, answer);
    }
    return answer;
  }

  /**
   * Whether objects at a path contain only their representation when a fetch runs. Then objects with equal representations
   * need to be stored, filled, and written only once: most of the work in graphs that keep returning to the same few entities.
   */
  isInterchangeable(path: Path, entity: EntityFetch, node: FetchNode): boolean {
    return this.mayShare(path) && path.at(-1)?.kind !== 'Types' && this.isKnownByItsKeyAlone(path, entity, node);
  }

  private isKnownByItsKeyAlone(path: Path, entity: EntityFetch, node: FetchNode): boolean {
    const represented = new Set(
      entity.requires.flatMap((requirement) =>
        requirement.kind === 'Fragment'
          ? requirement.selections.flatMap((field) => (field.kind === 'Field' && !field.selections ? [field.from] : []))
          : [],
      ),
    );
    // later fetches fill equal objects equally
    const before = this.all.slice(0, this.all.indexOf(node)).map((fetch) => this.selections.get(fetch)!);
    return selectedBy(before, path).every((field) => represented.has(nameOf(field)));
  }

  /** Whether an earlier fetch may have merged equal objects on the way to a path. */
  goesThroughInterchangeable(path: Path, node: FetchNode): boolean {
    const pathPlace = `${place(path)}\0`;
    return this.asked.some(
      (other) =>
        other.node !== node &&
        pathPlace.startsWith(`${other.place}\0`) &&
        this.isInterchangeable(other.path, other.entity, other.node),
    );
  }
}

/** A path by its response names alone. */
export const place = (path: Path): string => fieldNames(path).join('\0');

function typedSteps(path: Path): TypedStep[] {
  const steps: TypedStep[] = [];
  let types = '';
  for (const step of path)
    if (step.kind === 'Types') types += `|${step.names.toSorted().join()}`;
    else if (step.kind === 'Field') {
      steps.push({ field: step.name, types });
      types = '';
    }
  return [...steps, { field: '', types }].filter(({ field, types: last }) => field !== '' || last !== '');
}
