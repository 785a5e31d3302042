/** An error in a response. */
export interface GraphError {
  readonly message: string;
  readonly extensions: { readonly code: string; readonly inputPath?: readonly (string | number)[] };
}

/** A response of the graph. */
export interface GraphAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a step reads the fields that it selected
  readonly data?: any;
  readonly errors?: readonly GraphError[];
}

/** A client of the graph's public API. */
export class Caller {
  constructor(
    private readonly url: string,
    /** Name in the transcript. */
    readonly name: string,
    /** Returns the caller's token; null for the public. */
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

  /** Uploads content to an artifact's path. @returns the HTTP status and the response body */
  async upload(path: string, content: Uint8Array): Promise<{ status: number; body: string }> {
    const response = await fetch(new URL(path, this.url), {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', ...(await this.identity()) },
      body: content,
    });
    return { status: response.status, body: await response.text() };
  }

  async download(path: string): Promise<{ status: number; content: Buffer }> {
    const response = await fetch(new URL(path, this.url), { headers: await this.identity() });
    return { status: response.status, content: Buffer.from(await response.arrayBuffer()) };
  }

  private async identity(): Promise<Record<string, string>> {
    return this.token === null ? {} : { authorization: `Bearer ${await this.token()}` };
  }
}
