import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

/** A server that behaves like Redis until a client is ready, and then replies to every command with the same bytes. */
export class OddRedis {
  /** The reply to a command. */
  answer = '$-1\r\n';
  /** Whether the next reply is a text longer than Node can hold, sent as fast as the client reads. */
  isToFlood = false;
  /** How much of it was sent, and whether the client has closed the connection. */
  readonly flood = { bytes: 0, isCut: false };
  /** Commands that got this reply. */
  answered = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OddRedis> {
    const server = createServer((socket) => odd.serve(socket));
    const odd = new OddRedis(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return odd;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let command = takeCommand(received); command; command = takeCommand(received)) {
        received = received.slice(command.length);
        this.reply(socket, command.name);
      }
    });
  }

  private reply(socket: Socket, name: string): void {
    const state = 'redis_version:7.0.0\r\nloading:0\r\n';
    if (name === 'info') socket.write(`$${state.length}\r\n${state}\r\n`);
    else if (['auth', 'client', 'hello', 'select'].includes(name)) socket.write('+OK\r\n');
    else {
      this.answered += 1;
      if (this.isToFlood) this.floodTo(socket);
      else socket.write(this.answer);
    }
  }

  private floodTo(socket: Socket): void {
    const { flood } = this;
    this.isToFlood = false;
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const more = (error?: Error | null) => {
      if (error || socket.destroyed) return;
      flood.bytes += piece.length;
      socket.write(piece, more);
    };
    socket.once('close', () => {
      flood.isCut = true;
    });
    socket.write('$1000000000\r\n');
    more();
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

/** The first complete command of the received text: its name, and its length in characters. */
function takeCommand(received: string): { name: string; length: number } | undefined {
  const count = /^\*(\d+)\r\n/.exec(received);
  if (!count) return undefined;
  let length = count[0].length;
  let name = '';
  for (let place = 0; place < Number(count[1]); place += 1) {
    const size = /^\$(\d+)\r\n/.exec(received.slice(length));
    if (!size) return undefined;
    const start = length + size[0].length;
    length = start + Number(size[1]) + 2;
    if (received.length < length) return undefined;
    if (place === 0) name = received.slice(start, length - 2).toLowerCase();
  }
  return { name, length };
}
