import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../error-codes';

/** Responses to incomplete requests, by Node's error code; `#` is replaced by the time limit in seconds. */
const CLIENT_ERRORS: Readonly<Record<string, { status: string; message: string; code: ErrorCode }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    message: 'The request did not arrive within # s: send it faster',
    code: 'REQUEST_TIMEOUT',
  },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    message: 'The headers are too large: send less than 16 KB',
    code: 'BAD_REQUEST',
  },
};
const NOT_HTTP = {
  status: '400 Bad Request',
  message: 'The request is not HTTP/1.1: check its syntax',
  code: 'BAD_REQUEST',
};

/**
 * Milliseconds in which the rest of a rejected request is read and discarded. A connection that is closed with unread bytes is reset: the
 * client loses the response, and a proxy that is still sending takes this server for failed.
 */
const MAX_LINGER_MS = 5_000;

/** Connections that were answered, whose further bytes Node reports as further errors. */
const lingering = new WeakSet<Socket>();

/** Answers an incomplete or invalid request, for which Fastify has no reply object, and closes its connection. */
export function answerClientError({ code }: { code: string }, socket: Socket, timeoutMs: number): void {
  if (lingering.has(socket)) return;
  // a second response would corrupt one in progress
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null };
  if (code === 'ECONNRESET' || !socket.writable || answer?.headersSent) {
    socket.destroy();
    return;
  }
  const { status, message, ...extensions } = CLIENT_ERRORS[code] ?? NOT_HTTP;
  const body = JSON.stringify({ errors: [{ message: message.replace('#', String(timeoutMs / 1_000)), extensions }] });
  lingering.add(socket);
  const timer = setTimeout(() => socket.destroy(), MAX_LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer)).once('end', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
