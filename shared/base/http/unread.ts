import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { addressKey } from './address';
import { takenFrom } from './slow-readers';
import type { Traffic } from './traffic';

/** Limits on the bytes of responses that slow clients leave in this process. */
export interface UnreadLimits {
  /** Maximum bytes of all callers; 0 disables the limit. */
  readonly total: number;
  /** Maximum bytes of one caller with more than one response; 0 disables the limit. */
  readonly perCaller: number;
}

export const NO_UNREAD_LIMITS: UnreadLimits = { total: 0, perCaller: 0 };

/** Maximum default for all callers, and its share of the process's memory. */
const MAX_TOTAL = 512 * 1024 * 1024;
const SHARE_OF_MEMORY = 1 / 4;
/** Default of one caller, as a share of the limit for all. */
const SHARE_OF_CALLER = 1 / 8;

/** Default limit for all callers. Answers are in the heap or beside it, so the smaller one counts. */
export function defaultUnreadBytes(): number {
  const container = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const memory = Math.min(getHeapStatistics().heap_size_limit, totalmem(), container);
  return Math.min(MAX_TOTAL, Math.floor(memory * SHARE_OF_MEMORY));
}

/** Default limit for one caller. @param total limit for all callers */
export const defaultUnreadBytesOfCaller = (total: number): number => Math.floor(total * SHARE_OF_CALLER);

/** Milliseconds between checks. */
const CHECK_MS = 500;
/** A client that will have read what waits for it in so many milliseconds, at its rate so far, is not slow. */
const PATIENCE_MS = 5_000;
/** Milliseconds over which the rate of a client is measured: at least, and about. A full connection takes bytes in bursts. */
const MIN_RATE_MS = 2_000;
const RATE_MS = 5_000;

/** A response that is not complete. */
interface Open {
  readonly request: FastifyRequest;
  readonly response: ServerResponse;
  /** Bytes kept until the response is complete, in addition to those written. */
  kept: number;
}

/** Bytes that a client had taken at a time. */
interface Mark {
  readonly at: number;
  readonly taken: number;
}

/** A slow client. */
interface Reader {
  readonly connection: Connection;
  readonly caller: string;
  readonly bytes: number;
  /** Milliseconds until it has read everything, at its rate so far. */
  readonly msLeft: number;
}

/** A connection, with its responses. Pipelined requests have several. */
class Connection {
  readonly open: Open[] = [];
  private marks: { readonly from: Mark; readonly next: Mark } | undefined;

  constructor(readonly socket: Socket) {}

  /** Bytes in this process that wait for the client: written ones, those of responses behind the current one, and kept ones. */
  get bytes(): number {
    let bytes = this.open.some(({ response }) => response.socket) ? 0 : this.socket.writableLength;
    for (const { response, kept } of this.open) bytes += response.writableLength + kept;
    return bytes;
  }

  /** Milliseconds until the client has read everything at its rate so far; undefined if it keeps up, or if its rate is unknown. */
  msLeft(now: number): number | undefined {
    if (this.socket.writableLength === 0) {
      this.marks = undefined;
      return undefined;
    }
    // over TLS, the handle counts different bytes, and a client counts as one that reads nothing
    const mark: Mark = { at: now, taken: ('encrypted' in this.socket ? undefined : takenFrom(this.socket)) ?? 0 };
    if (!this.marks) {
      this.marks = { from: mark, next: mark };
      return undefined;
    }
    const { from, next } = this.marks;
    if (now - from.at < MIN_RATE_MS) return undefined;
    if (now - next.at >= RATE_MS) this.marks = { from: next, next: mark };
    return (this.bytes * (now - from.at)) / Math.max(0, mark.taken - from.taken);
  }
}

/**
 * Counts the bytes of responses that wait in this process for slow clients, and ends the slowest clients beyond a limit. A minimum rate alone
 * bounds the time of a connection, not the memory of all: a thousand clients at 6 KB/s each may hold an answer of megabytes.
 */
export class UnreadResponses {
  private readonly connections = new Map<Socket, Connection>();

  constructor(
    private readonly limits: UnreadLimits,
    /** The caller whose responses are counted together. */
    private readonly callerOf: (request: FastifyRequest) => string,
    private readonly traffic: Traffic,
    private readonly log: Logger,
  ) {}

  /** Counts a response until it is complete. */
  begin(request: FastifyRequest, { raw: response }: FastifyReply): void {
    const { socket } = request.raw;
    // a request from within this process has no connection
    if (!(socket instanceof Socket)) return;
    let connection = this.connections.get(socket);
    if (!connection) {
      connection = new Connection(socket);
      this.connections.set(socket, connection);
      socket.once('close', () => this.connections.delete(socket));
    }
    const { open } = connection;
    const entry: Open = { request, response, kept: 0 };
    open.push(entry);
    response.once('close', () => open.splice(open.indexOf(entry), 1));
  }

  /** Counts more bytes that a request keeps in memory while its response is read; less if negative. */
  keep(request: IncomingMessage, bytes: number): void {
    const entry = this.connections.get(request.socket)?.open.find(({ request: { raw } }) => raw === request);
    if (entry) entry.kept += bytes;
  }

  /** Checks the limits regularly. @returns function that stops it */
  watch(): () => void {
    const timer = setInterval(() => this.check(), CHECK_MS).unref();
    return () => clearInterval(timer);
  }

  private check(): void {
    const { total, perCaller } = this.limits;
    const readers = this.slowReaders();
    this.traffic.unreadBytes = sumOf(readers);
    if (readers.length === 0) return;
    const byCaller = [...Map.groupBy(readers, ({ caller }) => caller).values()];
    for (const group of byCaller) {
      // the slowest is the last one
      group.sort((a, b) => a.msLeft - b.msLeft || a.bytes - b.bytes);
      if (perCaller > 0) for (; isBeyond(group, perCaller); group.pop()) this.end(group.at(-1)!, 'caller');
    }
    if (total === 0) return;
    const groups = byCaller.map((group) => ({ group, bytes: sumOf(group) }));
    for (let bytes = sumOf(byCaller.flat()); bytes > total; ) {
      const largest = groups.reduce((best, other) => (other.bytes > best.bytes ? other : best));
      const reader = largest.group.pop()!;
      this.end(reader, 'process');
      largest.bytes -= reader.bytes;
      bytes -= reader.bytes;
    }
  }

  private slowReaders(): Reader[] {
    const now = performance.now();
    const readers: Reader[] = [];
    for (const connection of this.connections.values()) {
      const msLeft = connection.msLeft(now);
      if (msLeft === undefined || msLeft < PATIENCE_MS) continue;
      const [first] = connection.open;
      const caller = first ? this.callerOf(first.request) : addressKey(connection.socket.remoteAddress ?? '');
      readers.push({ connection, caller, bytes: connection.bytes, msLeft });
    }
    return readers;
  }

  private end({ connection: { socket }, bytes }: Reader, limit: 'caller' | 'process'): void {
    this.traffic.countEndedReader(limit);
    this.traffic.unreadBytes -= bytes;
    this.log.warn(
      { address: socket.remoteAddress, bytes, limit },
      'closed the connection of a slow client, since too many bytes wait to be read',
    );
    socket.destroy();
  }
}

const sumOf = (readers: readonly Reader[]): number => readers.reduce((sum, { bytes }) => sum + bytes, 0);

/** Whether a caller's responses together exceed its limit. A single one may have any size. */
const isBeyond = (group: readonly Reader[], limit: number): boolean =>
  group.reduce((count, { connection: { open } }) => count + Math.max(1, open.length), 0) > 1 && sumOf(group) > limit;
