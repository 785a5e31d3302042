import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { OperatorError } from '../errors';
import { listenError } from '../http/listen';

export interface MetricsAddress {
  readonly host: string;
  /** 0 uses any free port. */
  readonly port: number;
}

export interface MetricsServer {
  /** Such as `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves metrics on a separate port without authentication, so the port must be on an internal address. @throws OperatorError if the port
 * is not available
 */
export async function serveMetrics(
  registry: Registry,
  { host, port }: MetricsAddress,
  log: Logger,
): Promise<MetricsServer> {
  const server = createServer(async ({ method, url }, response) => {
    if (method !== 'GET' || url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Metrics are at GET /metrics\n');
      return;
    }
    try {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    } catch (error) {
      log.error({ err: error }, 'could not collect metrics');
      response.writeHead(500).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, '--metrics-')));
    server.listen({ host, port }, resolve);
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}/metrics`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Parses a metrics port; undefined if not set. @throws OperatorError */
export function metricsAddress(host: string, port: string | undefined): MetricsAddress | undefined {
  if (port === undefined || port === '') return undefined;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new OperatorError(
      `The metrics port "${port}" is not valid`,
      'Use a number from 0 to 65535; 0 uses any free port',
    );
  return { host, port: Number(port) };
}
