/** An error as the graph answers it. */
export interface GraphError {
  readonly message: string;
  readonly extensions: { readonly code: string; readonly inputPath?: readonly (string | number)[] };
}

/** What the graph answers. */
export interface GraphAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a step reads what it asked for
  readonly data?: any;
  readonly errors?: readonly GraphError[];
}

/** Somebody who speaks to the graph over its public API. */
export class Caller {
  constructor(
    private readonly url: string,
    /** How the transcript calls them. */
    readonly name: string,
    /** Gives a token that says who they are; null for the public. */
    private readonly token: (() => Promise<string>) | null,
  ) {}

  async ask(query: string, variables: Record<string, unknown> = {}): Promise<GraphAnswer> {
    const response = await fetch(new URL('/graphql', this.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await this.identity()) },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphAnswer;
  }

  /** Uploads a content to the path that an artifact names. @returns the HTTP status and what was said */
  async upload(path: string, content: Uint8Array): Promise<{ status: number; said: string }> {
    const response = await fetch(new URL(path, this.url), {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', ...(await this.identity()) },
      body: content,
    });
    return { status: response.status, said: await response.text() };
  }

  async download(path: string): Promise<{ status: number; content: Buffer }> {
    const response = await fetch(new URL(path, this.url), { headers: await this.identity() });
    return { status: response.status, content: Buffer.from(await response.arrayBuffer()) };
  }

  private async identity(): Promise<Record<string, string>> {
    return this.token === null ? {} : { authorization: `Bearer ${await this.token()}` };
  }
}
