import type { AnswerObject } from '../types';
import type { CompiledEntity, EntityPath } from './fetch';

/** The objects of an entity fetch; equal entities are sent once. */
export class Asked {
  readonly entities: AskedEntity[];
  readonly text: string;
  readonly isEmpty: boolean;

  /** @param only limits the fetch to these objects */
  constructor(entities: readonly CompiledEntity[], root: AnswerObject, only?: ReadonlySet<AnswerObject>) {
    const byVariable = new Map<string, Representations>();
    this.entities = entities.map((entity) => {
      let representations = byVariable.get(entity.variable);
      if (!representations) {
        representations = new Representations();
        byVariable.set(entity.variable, representations);
      }
      return askedOf(entity, root, representations, only);
    });
    let text = '';
    let count = 0;
    for (const [variable, { texts }] of byVariable) {
      text += `${text === '' ? '' : ','}"${variable}":[${texts.join(',')}]`;
      count += texts.length;
    }
    this.text = text;
    this.isEmpty = count === 0;
  }

  objects(): AnswerObject[] {
    return this.entities.flatMap(({ objects }) => objects);
  }
}

class Representations {
  readonly texts: string[] = [];
  private readonly indexes = new Map<string, number>();

  index(text: string): number {
    let index = this.indexes.get(text);
    if (index === undefined) {
      index = this.texts.length;
      this.texts.push(text);
      this.indexes.set(text, index);
    }
    return index;
  }
}

export interface AskedEntity {
  readonly entity: CompiledEntity;
  /** Objects of the answer, the index of each object's representation, and its path. */
  readonly objects: AnswerObject[];
  readonly indexes: number[];
  readonly paths: EntityPath[];
  /** The objects of a representation. */
  objectsOf(index: number): ReadonlySet<AnswerObject>;
  /** Number of representations sent. */
  readonly count: number;
}

function askedOf(
  entity: CompiledEntity,
  root: AnswerObject,
  representations: Representations,
  only: ReadonlySet<AnswerObject> | undefined,
): AskedEntity {
  const objects: AnswerObject[] = [];
  const indexes: number[] = [];
  const paths: EntityPath[] = [];
  const ask = (object: AnswerObject, path: EntityPath): number | undefined => {
    if (only && !only.has(object)) return undefined;
    const text = entity.represent(object);
    if (text === undefined) return undefined;
    const index = representations.index(text);
    objects.push(object);
    indexes.push(index);
    paths.push(path);
    return index;
  };
  for (const path of entity.paths)
    if (path.isInterchangeable) askInterchangeable(path, entity, root, ask);
    else for (const object of path.mayRepeat ? path.path.collectOnce(root) : path.path.collect(root)) ask(object, path);
  let byIndex: Map<number, Set<AnswerObject>> | undefined;
  return {
    entity,
    objects,
    indexes,
    paths,
    objectsOf(index) {
      byIndex ??= grouped(objects, indexes);
      return byIndex.get(index)!;
    },
    get count() {
      return representations.texts.length;
    },
  };
}

function grouped(objects: readonly AnswerObject[], indexes: readonly number[]): Map<number, Set<AnswerObject>> {
  const groups = new Map<number, Set<AnswerObject>>();
  indexes.forEach((index, i) => {
    groups.set(index, (groups.get(index) ?? new Set()).add(objects[i]!));
  });
  return groups;
}

/** Fetches the first object of each representation, and replaces the others by it. */
function askInterchangeable(
  path: EntityPath,
  entity: CompiledEntity,
  root: AnswerObject,
  ask: (object: AnswerObject, path: EntityPath) => number | undefined,
): void {
  const firsts = new Map<string, AnswerObject>();
  for (const place of path.path.places(root)) {
    const { object } = place;
    const text = entity.represent(object);
    if (text === undefined) continue;
    const first = firsts.get(text);
    if (first === undefined) {
      firsts.set(text, object);
      ask(object, path);
    } else if (first !== object) place.replace(first);
  }
}
