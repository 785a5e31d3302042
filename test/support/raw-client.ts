import { connect, type Socket } from 'node:net';

/** A client that writes and reads raw bytes, without the rules of HTTP. */
export class RawClient {
  /** Everything read so far, a character per byte. */
  text = '';
  /** Resolves with everything read once the other side has closed. */
  readonly closed: Promise<string>;
  /** Whether the other side has closed. */
  isClosed = false;
  private trickling: NodeJS.Timeout | undefined;
  private sipping: NodeJS.Timeout | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
      if (this.sipping) socket.pause();
    });
    // an error of the connection shows in what was read
    socket.on('error', () => {});
    this.closed = new Promise((resolve) =>
      socket.on('close', () => {
        clearInterval(this.trickling);
        clearInterval(this.sipping);
        this.isClosed = true;
        resolve(this.text);
      }),
    );
  }

  /** @param target an origin, or the path of a Unix socket */
  static connect(target: string): Promise<RawClient> {
    const { hostname, port } = target.startsWith('/') ? { hostname: '', port: target } : new URL(target);
    return new Promise((resolve, reject) => {
      const socket = hostname ? connect(Number(port), hostname) : connect(port);
      socket.once('error', reject).once('connect', () => resolve(new RawClient(socket)));
    });
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Sends a piece again and again, as long as the other side allows it. */
  trickle(piece: string, everyMs: number): this {
    this.trickling = setInterval(() => this.socket.writable && this.socket.write(piece), everyMs);
    return this;
  }

  /** Reads nothing more until {@link resume}. */
  pause(): this {
    this.socket.pause();
    return this;
  }

  /** Reads a chunk of at most 64 KB at a time, until {@link resume}. */
  sip(everyMs: number): this {
    this.sipping = setInterval(() => this.socket.resume(), everyMs);
    return this;
  }

  resume(): this {
    clearInterval(this.sipping);
    this.sipping = undefined;
    this.socket.resume();
    return this;
  }

  /**
   * Waits until more than so many bytes were read.
   * @throws Error if the other side closes before
   */
  async readMoreThan(length: number): Promise<void> {
    while (this.text.length <= length) {
      if (this.isClosed) throw new Error(`The connection was closed after ${this.text.length} bytes`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The status and the code of the first error of a raw response. */
export function answerOf(text: string): [status: number, code: string | undefined] {
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return [status, /"code":"([A-Z_]+)"/.exec(body)?.[1]];
}
