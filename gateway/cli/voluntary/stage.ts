import { setTimeout as sleep } from 'node:timers/promises';
import { addDays, civilDate, fiscalYear } from '#base/civil';
import { Caller, type GraphAnswer } from './client';

/** Maximum milliseconds until events have arrived. */
const MAX_WAIT_MS = 60_000;

/** A result that differs from the story. */
export class StoryError extends Error {}

/** An object that a step can change. */
export interface Revised {
  readonly id: string;
  readonly revision: number;
}

/** What names the object that a mutation changes. */
export const aim = ({ id, revision }: Revised) => ({ id, expectedRevision: revision });

/** A change that the exercise made: a mutation, or the import of a file. */
export interface Deed {
  /** Name of the mutation, or `import`. */
  readonly did: string;
  /** Caller in text form; null for an import. */
  readonly who: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: readers know the inputs of the mutation
  readonly input: any;
  /** The object as the step selected it; null for an import. */
  // biome-ignore lint/suspicious/noExplicitAny: readers know what the step selected
  readonly object: any;
}

/** The callers of the exercise, the transcript of what they do, and a log of it. */
export class Stage {
  /** All changes, in their order. */
  readonly log: Deed[] = [];
  private readonly principals = new Map<Caller, string>();
  private steps = 0;
  private keys = 0;

  constructor(
    private readonly url: string,
    /** Distinguishes this run from others on the same graph. */
    readonly run: string,
    private readonly print: (line: string) => void,
    /** Issues a token for a principal in text form. */
    private readonly tokenOf: (principal: string) => Promise<string>,
  ) {}

  /** @param principal in text form */
  caller(name: string, principal: string): Caller {
    let token: Promise<string> | undefined;
    const caller = new Caller(this.url, name, () => {
      token ??= this.tokenOf(principal);
      return token;
    });
    this.principals.set(caller, principal);
    return caller;
  }

  /** Logs the import of a file. @param rows as published */
  imported(source: string, rows: unknown): void {
    this.log.push({ did: 'import', who: null, input: { source, rows }, object: null });
  }

  private logged<T>(who: Caller, did: string, input: unknown, object: T): T {
    this.log.push({ did, who: this.principals.get(who) ?? null, input, object });
    return object;
  }

  get played(): number {
    return this.steps;
  }

  developer(name: string, organization: string): Caller {
    return this.caller(name, `role=developer-submitter; organization=${organization}; subject=submitter`);
  }

  reviewer(name: string, agency: string, subject = 'reviewer-1'): Caller {
    return this.caller(name, `role=agency-reviewer; agency=${agency}; subject=${subject}`);
  }

  intake(): Caller {
    return this.caller('Intake office', 'role=intake-officer; subject=officer-1');
  }

  /** The civil day, or one after it. */
  today(daysLater = 0): string {
    return addDays(civilDate(new Date()), daysLater);
  }

  fiscalYear(): number {
    return fiscalYear(this.today());
  }

  inDays(days: number): string {
    return new Date(Date.now() + days * 86_400_000).toISOString();
  }

  act(title: string): void {
    this.print(`\n── ${title} ${'─'.repeat(Math.max(0, 90 - title.length))}`);
  }

  note(line: string): void {
    this.print(`      ${line}`);
  }

  step(who: string, what: string): void {
    this.steps += 1;
    this.print(`${String(this.steps).padStart(4)}  ${who}: ${what}`);
  }

  /**
   * Executes a mutation and returns the object that it changed.
   * @param fields selection of the payload
   */
  async does(
    who: Caller,
    what: string,
    mutation: string,
    input: Record<string, unknown>,
    fields: string,
    // biome-ignore lint/suspicious/noExplicitAny: a step reads the fields that it selected
  ): Promise<any> {
    const response = await this.mutate(who, mutation, input, fields);
    if (response.errors)
      throw new StoryError(`${who.name}: ${what}\n${mutation} failed: ${JSON.stringify(response.errors)}`);
    this.step(who.name, what);
    const { replayed: _replayed, ...payload } = response.data[mutation];
    return this.logged(who, mutation, input, Object.values(payload)[0]);
  }

  /**
   * Executes a mutation of many objects and returns the objects that it changed, in the order of the items.
   * @param fields selection of each result, of one object
   */
  async doesAll(
    who: Caller,
    what: string,
    mutation: string,
    items: readonly Record<string, unknown>[],
    fields: string,
    // biome-ignore lint/suspicious/noExplicitAny: a step reads the fields that it selected
  ): Promise<any[]> {
    const response = await this.mutate(who, mutation, { items }, `results { message ${fields} }`);
    const results: { message: string | null }[] = response.data?.[mutation]?.results ?? [];
    const refused = results.find(({ message }) => message !== null);
    if (response.errors || refused)
      throw new StoryError(`${who.name}: ${what}\n${mutation} failed: ${JSON.stringify(response.errors ?? refused)}`);
    this.step(who.name, what);
    return results.map(({ message: _message, ...payload }, place) =>
      this.logged(who, mutation, items[place], Object.values(payload)[0]),
    );
  }

  /** Executes a mutation that must fail with `code`, and prints its error. */
  async isRefused(
    who: Caller,
    what: string,
    mutation: string,
    input: Record<string, unknown>,
    fields: string,
    code: string,
  ): Promise<void> {
    const { errors } = await this.mutate(who, mutation, input, fields);
    const actual = errors?.[0]?.extensions.code;
    if (actual !== code)
      throw new StoryError(`${who.name}: ${what}\n${mutation} should fail with ${code}, got ${JSON.stringify(errors)}`);
    this.step(who.name, what);
    this.note(`↳ ${code}: ${errors![0]!.message}`);
  }

  private mutate(who: Caller, name: string, input: Record<string, unknown>, fields: string): Promise<GraphAnswer> {
    this.keys += 1;
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    return who.ask(`mutation Do($input: ${type}!) { ${name}(input: $input) { replayed ${fields} } }`, {
      input: { ...input, idempotencyKey: `${this.run}-${this.keys}` },
    });
  }

  /** Repeats a step while a guard refuses it, since the event that the guard waits for takes time to arrive. */
  async retries<T>(guard: string, step: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + MAX_WAIT_MS;
    for (;;) {
      try {
        return await step();
      } catch (error) {
        if (!(error instanceof StoryError) || !error.message.includes(guard) || Date.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  /** Executes a query once. */
  // biome-ignore lint/suspicious/noExplicitAny: a step reads the fields that it selected
  async asks(who: Caller, query: string, variables: Record<string, unknown> = {}): Promise<any> {
    const response = await who.ask(query, variables);
    if (response.errors)
      throw new StoryError(`${who.name} failed to query ${query}\n${JSON.stringify(response.errors)}`);
    return response.data;
  }

  /** Repeats a query until `look` accepts the response, since events take time to arrive. */
  async sees<Seen>(
    who: Caller,
    what: string,
    query: string,
    variables: Record<string, unknown>,
    // biome-ignore lint/suspicious/noExplicitAny: a step reads the fields that it selected
    look: (data: any) => Seen | undefined | false | null,
  ): Promise<Seen> {
    const deadline = Date.now() + MAX_WAIT_MS;
    for (;;) {
      const response = await who.ask(query, variables);
      const seen = response.errors ? undefined : look(response.data);
      if (seen) {
        this.step(who.name, what);
        return seen;
      }
      if (Date.now() > deadline)
        throw new StoryError(`${who.name} does not see: ${what}\nLast response: ${JSON.stringify(response)}`);
      await sleep(100);
    }
  }
}

/** @throws StoryError unless the condition holds. */
export function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new StoryError(`Unexpected result; expected: ${what}`);
}
