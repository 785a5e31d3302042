import type { FieldNode } from 'graphql';
import { argumentsText } from '../selected';

/** What fetches have given of the objects of one type at one place of the answer, by response name. */
export type Known = Map<string, KnownField>;

export interface KnownField {
  /** See {@link meaningOf}. */
  readonly meaning: string;
  /** Of a field of a composite type, what is known of its objects. */
  readonly objects: KnownObjects | undefined;
  /** The subgraphs that gave it. */
  readonly givers: Set<string>;
}

/**
 * The objects at one place of the answer, by the types that they can have. The name of an interface stands for objects that a subgraph
 * knows by the interface only (`@interfaceObject`).
 */
export class KnownObjects {
  readonly byType = new Map<string, Known>();

  of(type: string): Known {
    let known = this.byType.get(type);
    if (!known) {
      known = new Map();
      this.byType.set(type, known);
    }
    return known;
  }
}

/** What a field asks for, whatever it is called: its name and arguments. */
export const meaningOf = (field: FieldNode): string => `${field.name.value}(${argumentsText(field)})`;

/** Adds what is known of one object to what is known of another; nothing is shared between them. */
export function addKnown(to: Known, from: Known): void {
  for (const [name, { meaning, objects, givers }] of from) {
    const there = to.get(name);
    const inner = there?.objects ?? (objects && new KnownObjects());
    if (there) for (const giver of givers) there.givers.add(giver);
    else to.set(name, { meaning, objects: inner, givers: new Set(givers) });
    if (inner && objects) for (const [type, known] of objects.byType) addKnown(inner.of(type), known);
  }
}
