import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export interface Site {
  readonly origin: string;
  close(): void;
}

/** Serves the files of a folder on a free port of localhost. */
export async function serveFolder(folder: string): Promise<Site> {
  const server = createServer(({ url }, response) => {
    const name = url === '/' ? 'index.html' : url!.slice(1);
    if (name === 'favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    try {
      response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
      response.end(readFileSync(join(folder, name)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}
