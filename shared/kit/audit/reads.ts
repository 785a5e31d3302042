import type { Sensitivity } from '#base/sensitivity';
import type { Protected } from '../policy/policy';
import { RECORDED } from '../policy/protected-types';
import type { FieldsUsed, ReadObjects } from './entry';

/** Use of a field that a list does not return, or a list of a protected type. */
export type HowUsed = FieldsUsed['how'];

interface Use {
  readonly type: string;
  /** Undefined if objects of a protected type are listed, or counted without a filter. */
  readonly field?: string;
  readonly sensitivity: Sensitivity;
  readonly how: HowUsed;
}

/** Reads of one request that must be recorded. */
export class Reads {
  private readonly keys = new Map<string, Map<Protected, Set<string>>>();
  private readonly shown = new Map<string, { readonly sensitivity: Protected; readonly keys: Set<string> }>();
  private readonly used = new Map<string, Omit<FieldsUsed, 'fields'> & { readonly fields: Set<string> }>();

  note(type: string, sensitivity: Protected, key: string): void {
    if (!RECORDED.has(sensitivity)) return;
    let classes = this.keys.get(type);
    if (!classes) {
      classes = new Map();
      this.keys.set(type, classes);
    }
    let keys = classes.get(sensitivity);
    if (!keys) {
      keys = new Set();
      classes.set(sensitivity, keys);
    }
    keys.add(key);
  }

  /** Notes returned objects of a protected type, regardless of the fields. @param sensitivity class of the type */
  show(type: string, sensitivity: Protected, keys: Iterable<string>): void {
    let shown = this.shown.get(type);
    if (!shown) {
      shown = { sensitivity, keys: new Set() };
      this.shown.set(type, shown);
    }
    for (const key of keys) shown.keys.add(key);
  }

  /** Notes that a list is returned, or filtered, ordered or counted by a field. Once per list, regardless of its size. */
  use({ type, field, sensitivity, how }: Use): void {
    if (!RECORDED.has(sensitivity)) return;
    const id = `${type} ${sensitivity} ${how}`;
    const use = this.used.get(id) ?? { type, sensitivity: sensitivity as Protected, how, fields: new Set<string>() };
    if (field !== undefined) use.fields.add(field);
    this.used.set(id, use);
  }

  get uses(): readonly FieldsUsed[] {
    return [...this.used.values()].map((use) => ({ ...use, fields: [...use.fields].sort() }));
  }

  get objects(): readonly ReadObjects[] {
    return [...this.withFields(), ...this.withoutFields()];
  }

  private withFields(): ReadObjects[] {
    return [...this.keys].flatMap(([type, classes]) =>
      [...classes].map(([sensitivity, keys]) => ({ type, sensitivity, keys: [...keys], count: keys.size })),
    );
  }

  /** Returned objects without a read of a recorded field. */
  private withoutFields(): ReadObjects[] {
    return [...this.shown].flatMap(([type, { sensitivity, keys }]) => {
      const read = [...(this.keys.get(type)?.values() ?? [])];
      const rest = [...keys].filter((key) => !read.some((readKeys) => readKeys.has(key)));
      return rest.length === 0 ? [] : [{ type, sensitivity, keys: rest, count: rest.length, idsOnly: true as const }];
    });
  }
}
