import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { ExecutionResult } from '../general/execution';
import type { AnswerPath } from '../general/path';
import { RenderedData } from '../result';
import type { DeferredExecution, PartResult } from './deferred-execution';
import { type Deferrals, DeliveryGroup, type DeliveryPart } from './delivery';

/** Fields that are delivered now. */
export interface Delivered {
  /** The group that delivers them. */
  readonly group: DeliveryGroup;
  /** Their path below the group's path. */
  readonly subPath: AnswerPath;
  readonly data: RenderedData;
  readonly errors: readonly GraphQLFormattedError[];
}

/** A group without further deliveries. */
export interface Completed {
  readonly group: DeliveryGroup;
  /** Errors if it is null; undefined if it was delivered. */
  readonly errors?: readonly GraphQLFormattedError[];
}

/** One delivery. */
export interface Batch {
  readonly delivered: readonly Delivered[];
  readonly completed: readonly Completed[];
  /** Newly announced groups. */
  readonly pending: readonly DeliveryGroup[];
  readonly hasNext: boolean;
}

/** An answer in parts; only the first if nothing is pending. */
export interface IncrementalAnswer {
  readonly first: ExecutionResult;
  readonly pending: readonly DeliveryGroup[];
  readonly later: AsyncGenerator<Batch, void>;
}

/** The initial result of an operation and its deferred parts. */
export interface Started {
  readonly result: ExecutionResult;
  readonly later?: { readonly execution: DeferredExecution; readonly deferrals: Deferrals };
}

/** A fragment deferred at the root and executed as a separate operation. */
export interface SeparateFragment {
  readonly label: string | undefined;
  readonly started: Promise<Started>;
}

interface Finished {
  readonly delivered: Delivered[];
  readonly completed: Completed[];
  readonly pending: readonly DeliveryGroup[];
}

/** Delivers the deferred fragments of an operation, each when it is complete and its enclosing fragment has been delivered. */
export class Incremental {
  private nextId = 0;
  private readonly executions = new Map<DeliveryGroup, DeferredExecution>();
  private readonly results = new Map<DeliveryPart, PartResult>();
  /** Pending work with the groups it delivers; each resolves to a function that writes the delivery. */
  private readonly running = new Map<Promise<() => Finished>, readonly DeliveryGroup[]>();

  answer({ result, later }: Started, separate: readonly SeparateFragment[]): IncrementalAnswer {
    // deferred fields of null data cannot be delivered
    const groups = result.data.isNull ? [] : separate.map((fragment) => this.followSeparate(fragment));
    const announced = later ? this.announce(this.add(later.deferrals, later.execution)) : [];
    return { first: result, pending: [...groups, ...announced], later: this.later() };
  }

  private async *later(): AsyncGenerator<Batch, void> {
    while (this.running.size > 0) {
      const { finish, running } = await Promise.race(
        [...this.running.keys()].map(async (promise) => ({ finish: await promise, running: promise })),
      );
      const groups = this.running.get(running)!;
      this.running.delete(running);
      const finished = this.attempt(finish, groups);
      for (const [other, waiting] of this.running)
        if (!waiting.some(({ isAlive }) => isAlive)) this.running.delete(other);
      const hasNext = this.running.size > 0;
      // last chance for errors that no field has reported
      if (!hasNext)
        for (const execution of new Set(this.executions.values())) report(finished, execution.takeUnreported());
      yield { ...finished, hasNext };
    }
  }

  /** An internal error must not abort the answer. */
  private attempt(finish: () => Finished, groups: readonly DeliveryGroup[]): Finished {
    try {
      return finish();
    } catch (error) {
      return this.fail(groups, error);
    }
  }

  private followSeparate({ label, started }: SeparateFragment): DeliveryGroup {
    const group = this.withId(new DeliveryGroup(label, [], undefined));
    this.run([group], async () => {
      const { result, later } = await started;
      return () => this.finishSeparate(group, result, later);
    });
    return group;
  }

  private finishSeparate(
    group: DeliveryGroup,
    { data, errors = [] }: ExecutionResult,
    later: Started['later'],
  ): Finished {
    if (data.isNull) {
      drop(group);
      return { delivered: [], completed: [{ group, errors }], pending: [] };
    }
    const pending = later ? this.announce(this.add(later.deferrals, later.execution)) : [];
    group.isAlive = false;
    return { delivered: [{ group, subPath: [], data, errors }], completed: [{ group }], pending };
  }

  /** Adds deferred groups and parts. @returns the outermost groups */
  private add(deferrals: Deferrals, execution: DeferredExecution): DeliveryGroup[] {
    const outermost: DeliveryGroup[] = [];
    for (const group of deferrals.groups) {
      if (group.parent && !group.parent.isAlive) {
        group.isAlive = false;
        continue;
      }
      this.executions.set(group, execution);
      if (group.parent) group.parent.children.push(group);
      else outermost.push(group);
    }
    for (const part of deferrals.parts) for (const group of part.groups) if (group.isAlive) group.parts.add(part);
    return outermost;
  }

  /** Announces groups and waits for them; replaces empty groups by the groups within them. */
  private announce(groups: readonly DeliveryGroup[]): DeliveryGroup[] {
    const announced = groups.flatMap(nonEmpty);
    const together = new Map<DeliveryGroup['fragment'], DeliveryGroup[]>();
    for (const group of announced) {
      this.withId(group);
      const others = together.get(group.fragment);
      if (others) others.push(group);
      else together.set(group.fragment, [group]);
    }
    for (const [fragment, waiting] of together) {
      const execution = this.executions.get(waiting[0]!)!;
      this.run(waiting, async () => {
        await execution.settled(fragment!);
        return () => this.finish(waiting, execution);
      });
    }
    return announced;
  }

  /** Delivers the groups of one fragment. */
  private finish(groups: readonly DeliveryGroup[], execution: DeferredExecution): Finished {
    const delivered: Delivered[] = [];
    const completed: Completed[] = [];
    const following: DeliveryGroup[] = [];
    const nulled: AnswerPath[] = [];
    for (const group of groups) {
      if (!group.isAlive) continue;
      const errors: GraphQLFormattedError[] = [];
      let isNull = false;
      // grows while its parts are written
      for (const part of group.parts) {
        const result = this.resultOf(part, execution);
        if (result.data) continue;
        isNull = true;
        errors.push(...result.errors);
      }
      if (isNull) {
        completed.push({ group, errors });
        drop(group);
        continue;
      }
      for (const part of group.parts) {
        const { data, errors, deferrals } = this.results.get(part)!;
        const under = part.groups
          .filter((candidate) => candidate.isAlive && candidate.id !== undefined)
          .reduce((best, candidate) => (candidate.path.length > best.path.length ? candidate : best), group);
        delivered.push({ group: under, subPath: part.path.slice(under.path.length), data: data!, errors });
        for (const place of deferrals.nulled) nulled.push(place);
        for (const waiting of part.groups) waiting.parts.delete(part);
      }
      completed.push({ group });
      group.isAlive = false;
      for (const child of group.children) following.push(child);
    }
    if (nulled.length > 0) this.dropWithin(nulled, execution);
    const finished = { delivered, completed, pending: this.announce(following) };
    report(finished, execution.strayErrors());
    return finished;
  }

  private resultOf(part: DeliveryPart, execution: DeferredExecution): PartResult {
    let result = this.results.get(part);
    if (!result) {
      result = execution.deliver(part);
      this.results.set(part, result);
      this.add(result.deferrals, execution);
    }
    return result;
  }

  /** Drops groups on objects that another group made null. */
  private dropWithin(places: readonly AnswerPath[], execution: DeferredExecution): void {
    const nulled = new Set(places.map((place) => JSON.stringify(place)));
    for (const [group, groupExecution] of this.executions) {
      if (!group.isAlive || groupExecution !== execution) continue;
      for (let length = group.path.length; length >= 0; length--)
        if (nulled.has(JSON.stringify(group.path.slice(0, length)))) drop(group);
    }
  }

  private fail(groups: readonly DeliveryGroup[], error: unknown): Finished {
    for (const group of groups) drop(group);
    const errors = [withoutStatus(error as Error)];
    return { delivered: [], completed: groups.map((group) => ({ group, errors })), pending: [] };
  }

  private withId(group: DeliveryGroup): DeliveryGroup {
    group.id = String(this.nextId++);
    return group;
  }

  private run(groups: readonly DeliveryGroup[], work: () => Promise<() => Finished>): void {
    this.running.set(
      work().catch((error: unknown) => () => this.fail(groups, error)),
      groups,
    );
  }
}

/** The group, or if it is empty, the non-empty groups within it. */
function nonEmpty(group: DeliveryGroup): DeliveryGroup[] {
  if (!group.isAlive) return [];
  if (group.parts.size > 0) return [group];
  group.isAlive = false;
  return group.children.flatMap(nonEmpty);
}

/** Cancels a group and the groups within it. */
function drop(group: DeliveryGroup): void {
  group.isAlive = false;
  group.children.forEach(drop);
}

/** Adds errors that belong to no field of a delivery. */
function report({ delivered, completed }: Finished, errors: readonly GraphQLFormattedError[]): void {
  if (errors.length === 0) return;
  const first = delivered[0];
  const failed = completed.findIndex(({ errors }) => errors);
  if (first) delivered[0] = { ...first, errors: [...first.errors, ...errors] };
  else if (failed >= 0) {
    const { group, errors: reasons = [] } = completed[failed]!;
    completed[failed] = { group, errors: [...reasons, ...errors] };
  } else delivered.push({ group: completed[0]!.group, subPath: [], data: RenderedData.ofText('{}'), errors });
}

/** Removes the HTTP status: parts of an answer cannot have one. */
function withoutStatus(error: Error): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return { message: error.message };
  const { http: _http, ...extensions } = error.extensions;
  return { message: error.message, extensions };
}
