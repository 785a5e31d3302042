import { Caller, type GraphAnswer } from './client';

const PATIENCE_MS = 60_000;

/** What went otherwise than the story has it. */
export class StoryError extends Error {}

/** Where the exercise is played: callers, and the transcript of what they do. */
export class Stage {
  private steps = 0;
  private keys = 0;

  constructor(
    private readonly url: string,
    /** Tells this run from others on the same graph. */
    readonly run: string,
    private readonly say: (line: string) => void,
    /** A token for a principal, as people write it. */
    private readonly tokenOf: (principal: string) => Promise<string>,
  ) {}

  private caller(name: string, principal: string): Caller {
    let token: Promise<string> | undefined;
    return new Caller(this.url, name, () => {
      token ??= this.tokenOf(principal);
      return token;
    });
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

  act(title: string): void {
    this.say(`\n── ${title} ${'─'.repeat(Math.max(0, 90 - title.length))}`);
  }

  tell(line: string): void {
    this.say(`      ${line}`);
  }

  step(who: string, what: string): void {
    this.steps += 1;
    this.say(`${String(this.steps).padStart(4)}  ${who}: ${what}`);
  }

  /**
   * Does a mutation, and returns the object it changed.
   * @param fields what to return of the object.
   */
  async does(
    who: Caller,
    what: string,
    mutation: string,
    input: Record<string, unknown>,
    fields: string,
    // biome-ignore lint/suspicious/noExplicitAny: a step reads what it asked for
  ): Promise<any> {
    const answer = await this.mutate(who, mutation, input, fields);
    if (answer.errors)
      throw new StoryError(`${who.name}: ${what}\n${mutation} failed: ${JSON.stringify(answer.errors)}`);
    this.step(who.name, what);
    const { replayed: _replayed, ...payload } = answer.data[mutation];
    return Object.values(payload)[0];
  }

  /** Tries a mutation that the rules refuse, and shows what is said. */
  async isRefused(
    who: Caller,
    what: string,
    mutation: string,
    input: Record<string, unknown>,
    fields: string,
    code: string,
  ): Promise<void> {
    const { errors } = await this.mutate(who, mutation, input, fields);
    const said = errors?.[0]?.extensions.code;
    if (said !== code)
      throw new StoryError(
        `${who.name}: ${what}\n${mutation} should be refused with ${code}, got ${JSON.stringify(errors)}`,
      );
    this.step(who.name, what);
    this.tell(`↳ ${code}: ${errors![0]!.message}`);
  }

  private mutate(who: Caller, name: string, input: Record<string, unknown>, fields: string): Promise<GraphAnswer> {
    this.keys += 1;
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    return who.ask(`mutation Do($input: ${type}!) { ${name}(input: $input) { replayed ${fields} } }`, {
      input: { ...input, idempotencyKey: `${this.run}-${this.keys}` },
    });
  }

  /** Asks once. */
  // biome-ignore lint/suspicious/noExplicitAny: a step reads what it asked for
  async asks(who: Caller, query: string, variables: Record<string, unknown> = {}): Promise<any> {
    const answer = await who.ask(query, variables);
    if (answer.errors) throw new StoryError(`${who.name} asks ${query}\n${JSON.stringify(answer.errors)}`);
    return answer.data;
  }

  /** Asks until an answer is as the story has it: events are on their way. */
  async sees<Seen>(
    who: Caller,
    what: string,
    query: string,
    variables: Record<string, unknown>,
    // biome-ignore lint/suspicious/noExplicitAny: a step reads what it asked for
    look: (data: any) => Seen | undefined | false | null,
  ): Promise<Seen> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await who.ask(query, variables);
      const seen = answer.errors ? undefined : look(answer.data);
      if (seen) {
        this.step(who.name, what);
        return seen;
      }
      if (Date.now() > deadline)
        throw new StoryError(`${who.name} does not see: ${what}\nLast answer: ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** @throws StoryError when something is not as the story has it. */
export function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new StoryError(`Not as the story has it: ${what}`);
}
