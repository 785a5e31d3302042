import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { programFor } from './programs';

export type { Browser, Page };

const program = programFor(
  ['chromium', 'chromium-browser', 'google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
  'browser',
  'of the explorer and of GraphiQL',
  'Install chromium',
);

/** `describe` where Chromium is installed. CI fails without it. */
export const describeInBrowser: jest.Describe = program ? describe : describe.skip;

/** A headless browser that connects only to the addresses of its pages. */
export function openBrowser(): Promise<Browser> {
  const executablePath = spawnSync('which', [program!], { encoding: 'utf8' }).stdout.trim();
  return chromium.launch({ executablePath, args: ['--disable-gpu', '--disable-quic'] });
}

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves the files of a folder on a free port. */
export async function serveFolder(folder: string): Promise<{ server: Server; origin: string }> {
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
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
