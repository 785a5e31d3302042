import { type GraphQLFormattedError, type GraphQLOutputType, isLeafType, isListType, isNonNullType } from 'graphql';
import type { ErrorCode } from '#base/error-codes';
import { ErrorList } from '#base/error-list';
import { responseName } from '../../operation/normalize';
import { leafText, stringText } from '../compile/leaf';
import type { OutputField, Shape, Shapes } from '../compile/shape';
import type { Deferrals } from '../deferred/delivery';
import { type AnswerObject, isObject } from '../types';
import type { AnswerPath } from './path';

/**
 * Maximum places that are remembered as having an error. A subgraph can send millions of invalid values; beyond this, they become null, and
 * are not counted.
 */
const MAX_ERRORED = 50_000;

/** The next steps from a place in an answer. */
type Place = Map<string | number, Place>;

/** Fetch failures, as completion needs them. */
export interface Losses {
  /** The error that explains a missing or null field; undefined if there is none. */
  reason(object: AnswerObject, key: string, isMissing: boolean): GraphQLFormattedError | 'unknown entity' | undefined;
  /** Whether a field's error alone made a subgraph return null for the object, whose type is unknown. */
  nullsObject(object: AnswerObject, key: string): boolean;
  /** The subgraph responsible for a field. */
  owner(path: AnswerPath): string | undefined;
}

/** Result of the introspection fields of an operation, by internal response name. */
export interface Introspected {
  readonly data: AnswerObject | null;
  readonly errors: readonly GraphQLFormattedError[];
}

/**
 * Writes the answer field by field, by "Value Completion" and "Handling Execution Errors" of the GraphQL specification: anything
 * missing or invalid becomes null at its nearest nullable place, with an error at its exact path.
 */
export class Completion {
  readonly errors: ErrorList;
  /** Places of errors, and all places above them. */
  private readonly errored: Place = new Map();
  private erroredCount = 0;

  /**
   * @param located subgraph errors at their paths in the answer, by client response names
   * @param deferrals collects deferred parts
   */
  constructor(
    private readonly losses: Losses,
    located: readonly GraphQLFormattedError[],
    private readonly introspected: Introspected | undefined,
    private readonly deferrals?: Deferrals,
  ) {
    this.errors = new ErrorList(located);
    for (const { path } of located) this.markErrored(path ?? []);
    for (const error of introspected?.errors ?? []) {
      const [root, ...rest] = error.path ?? [];
      this.add({ ...error, path: root === undefined ? [] : [responseName(String(root)), ...rest] });
    }
  }

  /** The text of the answer's data. */
  data(root: AnswerObject, shapes: Shapes): string {
    const text = this.object(root, shapes, []);
    if (text === undefined) this.deferrals?.nullAt([], 0);
    return text ?? 'null';
  }

  /** The text of the fields of an object that are delivered together; undefined if they must be null. */
  part(value: AnswerObject, shape: Shape, path: AnswerPath): string | undefined {
    return this.members(value, shape, path);
  }

  /** Undefined if it must be null; the error has been added. */
  private object(value: AnswerObject, shapes: Shapes, path: AnswerPath): string | undefined {
    const shape = shapes.of(value.__typename);
    if (!shape) return this.invalid(path, 'has an unknown type');
    if (shape.isAmbiguous) return this.invalid(path, 'has no __typename');
    if (!shape.deferred || !this.deferrals) return this.members(value, shape, path);
    const outer = this.deferrals.enter(shape.deferred, path);
    const text = this.members(value, shape, path);
    this.deferrals.leave(outer);
    return text;
  }

  private members(value: AnswerObject, shape: Shape, path: AnswerPath): string | undefined {
    const texts: string[] = [];
    for (const field of shape.fields) {
      const at = [...path, field.name];
      const text = this.field(value, field, at, shape.isObjectType);
      if (text === undefined) return undefined;
      texts.push(`${stringText(field.name)}:${text}`);
    }
    return `{${texts.join(',')}}`;
  }

  private field(object: AnswerObject, field: OutputField, path: AnswerPath, isObjectType: boolean): string | undefined {
    if (field.field === '__typename')
      return isObjectType ? stringText(field.parent) : this.invalid(path, 'has no __typename');
    if (!field.type) return this.introspection(field);
    if (field.withheld) {
      const { message, ...extensions } = field.withheld;
      this.add({ message, path, extensions });
      return this.value(null, field.type, field.objects, path, `${field.parent}.${field.field}`);
    }
    const value = Object.hasOwn(object, field.key) ? object[field.key] : undefined;
    if (value === undefined || value === null) this.explain(object, field, path, value === undefined);
    if (value === undefined && field.isStricter && this.losses.nullsObject(object, field.key)) return undefined;
    return this.value(value ?? null, field.type, field.objects, path, `${field.parent}.${field.field}`);
  }

  /** Undefined for a null `__schema`, which is non-null; the error has been added. */
  private introspection({ field, key }: OutputField): string | undefined {
    const value = this.introspected?.data?.[key] ?? null;
    return value === null && field === '__schema' ? undefined : JSON.stringify(value);
  }

  /** Adds one error for a lost value or an invalid null, at its place. */
  private explain(object: AnswerObject, field: OutputField, path: AnswerPath, isMissing: boolean): void {
    if (this.hasError(path)) return;
    const reason = this.losses.reason(object, field.key, isMissing);
    const what = `"${field.parent}.${field.field}"`;
    // nullable fields of an unknown entity are null without an error
    if (reason === 'unknown entity') {
      if (isNonNullType(field.type))
        this.add(this.fault(path, 'ENTITY_NOT_FOUND', `returned no entity for the non-null field ${what}`));
    } else if (reason) this.add({ ...reason, path });
    else if (isMissing) this.add(this.badResponse(path, `returned no value for ${what}`));
  }

  private value(
    value: unknown,
    type: GraphQLOutputType,
    objects: Shapes | undefined,
    path: AnswerPath,
    what: string,
  ): string | undefined {
    if (isNonNullType(type)) {
      const text = this.value(value, type.ofType, objects, path, what);
      if (text !== 'null') return text;
      if (!this.hasError(path)) this.add(this.badResponse(path, `returned null for the non-null field "${what}"`));
      return undefined;
    }
    if (value === null || this.deferrals?.isNulled(path)) return 'null';
    const mark = this.deferrals?.mark();
    const text = this.present(value, type, objects, path, what);
    if (text !== undefined) return text;
    if (mark !== undefined) this.deferrals!.nullAt(path, mark);
    return 'null';
  }

  private present(
    value: unknown,
    type: GraphQLOutputType,
    objects: Shapes | undefined,
    path: AnswerPath,
    what: string,
  ): string | undefined {
    if (isListType(type)) {
      if (!Array.isArray(value)) return this.invalid(path, 'is not a list', what);
      const items: string[] = [];
      for (let index = 0; index < value.length; index++) {
        const text = this.value(value[index] ?? null, type.ofType, objects, [...path, index], what);
        if (text === undefined) return undefined;
        items.push(text);
      }
      return `[${items.join(',')}]`;
    }
    if (isLeafType(type)) return leafText(type)(value) ?? this.invalid(path, `is not a valid ${type.name}`, what);
    return isObject(value) ? this.object(value, objects!, path) : this.invalid(path, 'is not an object', what);
  }

  private invalid(path: AnswerPath, how: string, what?: string): undefined {
    if (!this.hasError(path))
      this.add(this.badResponse(path, `returned a value${what ? ` for "${what}"` : ''} that ${how}`));
    return undefined;
  }

  private badResponse(path: AnswerPath, what: string): GraphQLFormattedError {
    return this.fault(path, 'SUBGRAPH_BAD_RESPONSE', what);
  }

  private fault(path: AnswerPath, code: ErrorCode, what: string): GraphQLFormattedError {
    const subgraph = this.losses.owner(path);
    return {
      message: `${subgraph ? `The "${subgraph}" subgraph` : 'A subgraph'} ${what}`,
      path,
      extensions: { code, ...(subgraph ? { subgraph } : {}), retryable: false },
    };
  }

  private add(error: GraphQLFormattedError): void {
    this.errors.add(error);
    this.markErrored(error.path ?? []);
  }

  /** An error explains nulls at its path and at the path's prefixes. */
  private markErrored(path: AnswerPath): void {
    if (this.isFlooded) return;
    let place = this.errored;
    for (const step of path) {
      let next = place.get(step);
      if (!next) {
        next = new Map();
        place.set(step, next);
        this.erroredCount += 1;
      }
      place = next;
    }
  }

  private get isFlooded(): boolean {
    return this.erroredCount >= MAX_ERRORED;
  }

  private hasError(path: AnswerPath): boolean {
    if (this.isFlooded) return true;
    // step by step: most places differ from those of errors early, and are asked about for each null
    let place: Place | undefined = this.errored;
    for (const step of path) {
      place = place.get(step);
      if (!place) return false;
    }
    return path.length > 0;
  }
}
