import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../errors';

/** Listens, and returns the address. @throws OperatorError when the port is taken or may not be used. */
export async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
}

/** Why a server cannot listen, in words for operators. @param prefix of the flags that choose host and port */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number, prefix = '--'): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new OperatorError(
        `Port ${port} on ${host} is in use by another process`,
        `Stop that process, or choose another port with ${prefix}port`,
      );
    case 'EACCES':
      return new OperatorError(
        `Port ${port} on ${host} may not be used by this user`,
        `Choose a port above 1023 with ${prefix}port`,
      );
    case 'EADDRNOTAVAIL':
      return new OperatorError(`${host} is not an address of this machine`, `Choose another with ${prefix}host`);
    default:
      return error;
  }
}
