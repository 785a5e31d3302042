import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../errors';

/** Listens, and returns the address. @throws OperatorError when the port is taken or may not be used. */
export async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new OperatorError(
        `Port ${port} on ${host} is in use by another process`,
        'Stop that process, or choose another port with --port',
      );
    if (code === 'EACCES')
      throw new OperatorError(
        `Port ${port} on ${host} may not be used by this user`,
        'Choose a port above 1023 with --port',
      );
    if (code === 'EADDRNOTAVAIL')
      throw new OperatorError(`${host} is not an address of this machine`, 'Choose another with --host');
    throw error;
  }
}
