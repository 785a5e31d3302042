import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../errors';

/** Listens, and returns the address. @throws OperatorError if the port is in use or not allowed */
export async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
}

/** Error of a server that cannot listen, for operators. @param prefix of the flags for host and port */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number, prefix = '--'): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new OperatorError(
        `Port ${port} on ${host} is in use by another process`,
        `Stop that process, or choose another port with ${prefix}port`,
      );
    case 'EACCES':
      return new OperatorError(
        `This user may not listen on port ${port} of ${host}`,
        `Choose a port above 1023 with ${prefix}port`,
      );
    case 'EADDRNOTAVAIL':
      return new OperatorError(`${host} is not an address of this machine`, `Choose another with ${prefix}host`);
    default:
      return error;
  }
}
