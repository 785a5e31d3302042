import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  isSwallowing: boolean;
}

/** Commands of the MySQL protocol that carry a statement. */
const COM_QUERY = 3;

/** When to cut a connection: before a statement reaches the server, or when the server has responded to it. */
export type Cut = 'before' | 'after';

/** A TCP proxy before a MySQL server that can swallow data, refuse connections, and cut them at a statement. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private swallowsNew = false;
  private refuses = false;
  private cut: { at: number; when: Cut; pattern: RegExp } | undefined;
  private seen = 0;
  /** Called instead of cutting, when set. */
  onCut: (() => void) | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number } | { path: string },
  ) {}

  /** @param url of the server, as the tests name it. */
  static async before(url: string): Promise<TcpProxy> {
    const { hostname, port, searchParams } = new URL(url);
    const socket = searchParams.get('socket');
    const target = socket ? { path: socket } : { host: hostname, port: Number(port || 3306) };
    const server = createServer();
    const proxy = new TcpProxy(server, target);
    server.on('connection', (client) => proxy.join(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The URL of a database through the proxy. */
  url(direct: string): string {
    const url = new URL(direct);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    url.searchParams.delete('socket');
    return url.href;
  }

  /** From now on, open connections pass nothing in either direction, and stay open. */
  swallow(): void {
    for (const pair of this.pairs) pair.isSwallowing = true;
  }

  /** New connections pass nothing either. */
  swallowNew(isOn = true): void {
    this.swallowsNew = isOn;
  }

  /** Cuts all connections, and new ones at once, like a server that is down. */
  refuse(isOn = true): void {
    this.refuses = isOn;
    if (isOn) this.reset();
  }

  /** Cuts all connections. */
  reset(): void {
    for (const { client, server } of this.pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Cuts all connections at the n-th matching statement from now, counted from 1. */
  cutAt(at: number, when: Cut, pattern = /^/): void {
    this.cut = { at, when, pattern };
    this.seen = 0;
  }

  /** Whether it has cut connections since. */
  get hasCut(): boolean {
    return this.cut !== undefined && this.seen >= this.cut.at;
  }

  async close(): Promise<void> {
    this.cut = undefined;
    this.reset();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    if (this.refuses) {
      client.resetAndDestroy();
      return;
    }
    const server = 'path' in this.target ? connect(this.target.path) : connect(this.target.port, this.target.host);
    const pair: Pair = { client, server, isSwallowing: this.swallowsNew };
    this.pairs.add(pair);
    let cutsAtAnswer = false;
    const end = () => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', () => {});
    client.on('data', (chunk) => {
      if (pair.isSwallowing) return;
      const cut = this.cutOf(chunk);
      if (cut === 'before') return this.perform(end);
      cutsAtAnswer ||= cut === 'after';
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (cutsAtAnswer) return this.perform(end);
      if (!pair.isSwallowing) client.write(chunk);
    });
    client.on('close', end);
    server.on('close', () => {
      if (!pair.isSwallowing) end();
    });
  }

  private perform(end: () => void): void {
    end();
    this.onCut?.();
  }

  /**
   * Statements of these tests are short: each arrives as one packet of 4 bytes of header, the command, and the text.
   */
  private cutOf(chunk: Buffer): Cut | undefined {
    if (!this.cut || chunk[4] !== COM_QUERY || !this.cut.pattern.test(chunk.toString('utf8', 5))) return undefined;
    this.seen += 1;
    return this.seen === this.cut.at ? this.cut.when : undefined;
  }
}
