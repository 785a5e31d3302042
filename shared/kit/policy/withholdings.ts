import type { Sensitivity } from '#base/sensitivity';
import { type WithheldEntry, type WithheldKind, writeWithheld } from '#base/withheld';
import { type ModelClass, modelOf } from '../model/model';
import type { Reader } from './policy';
import { type Rule, type RuleText, textOf } from './rule';

/** A rule that limits what the caller reads at a coordinate. */
export interface Withholding {
  readonly coordinate: string;
  readonly kind: WithheldKind;
  readonly class?: Sensitivity;
  readonly readable: WithheldEntry['readable'];
  readonly rule: Rule;
}

/** A field or type with rules. The same object for all requests. */
export interface Place {
  /** Rules that limit a reader here. They must not depend on any object. */
  readonly withholdings: (reader: Reader) => readonly Withholding[];
}

/**
 * Notes the rules that limit the caller in what a request executes, once for each coordinate. They are the same whether or not a rule hides
 * anything, so that they do not reveal whether hidden objects exist: docs/decisions/0033.
 */
export class Withholdings {
  private readonly visited = new Set<Place>();
  private readonly noted = new Map<string, Withholding>();

  constructor(private readonly reader: Reader) {}

  /** Notes the rules of a place when the request first gets there. */
  visit(place: Place): void {
    if (this.visited.has(place)) return;
    this.visited.add(place);
    for (const withholding of place.withholdings(this.reader)) this.note(withholding);
  }

  /** The last rule of a kind at a coordinate counts. */
  note(withholding: Withholding): void {
    this.noted.set(`${withholding.kind} ${withholding.coordinate}`, withholding);
  }

  get entries(): readonly WithheldEntry[] {
    return [...this.noted.values()].map(({ rule, ...entry }) => ({ ...entry, ...wordsOf(entry.kind, rule) }));
  }

  /** Value of the response header; undefined if nothing limits the caller. */
  get header(): string | undefined {
    return this.noted.size === 0 ? undefined : writeWithheld(this.entries);
  }
}

function wordsOf(kind: WithheldKind, rule: Rule): RuleText {
  const { why, grantedTo } = textOf(rule);
  if (kind !== 'SMALL_COUNTS') return { why, grantedTo };
  return {
    why: `Hidden if it would reveal a count of one to four. Small counts are ${why[0]!.toLowerCase()}${why.slice(1)}`,
    grantedTo,
  };
}

/** The rule that limits the objects of a model for a reader, at a coordinate. */
export function rowsWithheld(reader: Reader, target: ModelClass, coordinate: string): Withholding[] {
  const rule = reader.limitOfRows(target);
  if (!rule) return [];
  const { sensitivity } = modelOf(target);
  const readable = reader.rows(target) === false ? 'NONE' : 'SOME';
  return [{ coordinate, kind: 'ROWS', ...(sensitivity === 'PUBLIC' ? {} : { class: sensitivity }), readable, rule }];
}

/** The rule that limits a field for a reader. @param target model with the field */
export function fieldWithheld(
  reader: Reader,
  target: ModelClass,
  field: { readonly name: string; readonly sensitivity: Sensitivity },
): Withholding[] {
  const rule = reader.limitOfField(target, field.sensitivity, field.name);
  const coordinate = `${modelOf(target).name}.${field.name}`;
  if (!rule) return [];
  const readable = reader.fields(target, field.sensitivity, field.name) === false ? 'NONE' : 'SOME';
  return [{ coordinate, kind: 'FIELD', class: field.sensitivity, readable, rule }];
}
