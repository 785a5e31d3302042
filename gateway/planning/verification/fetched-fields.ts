import type { FieldNode } from 'graphql';
import { argumentsText } from '../selected';

/** Fetched fields of the objects of one type at one place of the answer, by response name. */
export type FetchedFields = Map<string, FetchedField>;

export interface FetchedField {
  /** See {@link meaningOf}. */
  readonly meaning: string;
  /** The objects of a composite field. */
  readonly objects: FetchedObjects | undefined;
  /** The subgraphs that returned it. */
  readonly givers: Set<string>;
}

/**
 * The objects at one place of the answer, by possible type. The name of an interface represents objects that a subgraph
 * knows by the interface only (`@interfaceObject`).
 */
export class FetchedObjects {
  readonly byType = new Map<string, FetchedFields>();

  of(type: string): FetchedFields {
    let fields = this.byType.get(type);
    if (!fields) {
      fields = new Map();
      this.byType.set(type, fields);
    }
    return fields;
  }
}

/** The meaning of a field independent of its alias: name and arguments. */
export const meaningOf = (field: FieldNode): string => `${field.name.value}(${argumentsText(field)})`;

/** Copies the fetched fields of one object to another, without sharing. */
export function copyFields(to: FetchedFields, from: FetchedFields): void {
  for (const [name, { meaning, objects, givers }] of from) {
    const there = to.get(name);
    const inner = there?.objects ?? (objects && new FetchedObjects());
    if (there) for (const giver of givers) there.givers.add(giver);
    else to.set(name, { meaning, objects: inner, givers: new Set(givers) });
    if (inner && objects) for (const [type, fields] of objects.byType) copyFields(inner.of(type), fields);
  }
}
