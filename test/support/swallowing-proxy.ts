import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy whose open connections can be made to swallow everything, as behind a router that forgot them. New ones work. */
export class SwallowingProxy {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param port of the server behind it, on this machine */
  static async start(port: number): Promise<SwallowingProxy> {
    const server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => {});
      client.on('close', () => {
        proxy.sockets.delete(client);
        upstream.destroy();
      });
      proxy.sockets.add(client);
    });
    const proxy = new SwallowingProxy(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/graphql`;
  }

  get connections(): number {
    return this.sockets.size;
  }

  /** From now on, open connections neither respond nor end. */
  swallow(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.removeAllListeners('data');
      socket.resume();
    }
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
