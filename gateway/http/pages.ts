import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { packageRoot } from '#base/package-root';
import type { Sensitivity } from '#base/sensitivity';
import type { DevelopmentIssuer } from '../identity/development-issuer';
import { developmentCallers, isLoopback, ONLY_LOCALHOST } from './development-callers';
import { addPageHeaders } from './headers';

/** Where people sign in: authorization code with PKCE. */
export interface SignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
}

export interface PageOptions {
  /** Folder of the built pages. */
  readonly folder: string;
  /** Issuer of the identities that the pages offer, on graphs for development. */
  readonly development: DevelopmentIssuer | undefined;
  readonly signIn: SignIn | undefined;
  /** Marking of documents by the strictest class in them. */
  readonly markings: Readonly<Record<Sensitivity, string>>;
}

/** Where `npm run pages` and `npm run build` put the pages. */
export const PAGES_FOLDER = join(packageRoot, 'gateway', 'explorer', 'dist');

/** Paths of the pages, and the file of each. */
const FILES: readonly (readonly [path: string, file: string])[] = [
  ['/dashboard', 'dashboard.html'],
  ['/dashboard/*', 'dashboard.html'],
  ['/explorer', 'explorer.html'],
  ['/signed-in', 'explorer.html'],
];

/** Seconds until a browser looks again for pages that are still being built. */
const RETRY_SECONDS = 2;

/** Adds the dashboard and the explorer. Until they are built, a page says so and loads again. */
export async function addPages(server: FastifyInstance, options: PageOptions): Promise<void> {
  await server.register(staticFiles, {
    root: join(options.folder, 'assets'),
    prefix: '/pages/assets/',
    preCompressed: true,
    // names contain a hash of the content
    immutable: true,
    maxAge: '1y',
    index: false,
    decorateReply: false,
  });
  for (const [path, file] of FILES) server.get(path, pageHandler(file, options));
}

/** Serves a page with its configuration in it. */
export function pageHandler(
  file: string,
  { folder, development, signIn, markings }: PageOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    // the page contains tokens, and a hostile domain that resolves to this machine could read them (DNS rebinding)
    if (development && !isLoopback(request.headers.host))
      return reply.code(403).type('text/plain').send(ONLY_LOCALHOST);
    addPageHeaders(reply);
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-store');
    const path = join(folder, file);
    const template = await readFile(path, 'utf8').catch(() => undefined);
    if (template === undefined) {
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
      return reply.code(503).header('retry-after', RETRY_SECONDS).send(NOT_BUILT);
    }
    const callers = development && (await developmentCallers(development));
    const nonce = randomBytes(16).toString('base64');
    // `<` must not end the script element that the configuration is in
    const config = JSON.stringify({ callers, signIn, markings }).replaceAll('<', '\\u003c');
    reply.header('content-security-policy', policyOf(nonce, signIn));
    return reply.send(template.replace('"%CONFIG%"', () => config).replaceAll('%NONCE%', nonce));
  };
}

const policyOf = (nonce: string, signIn: SignIn | undefined): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    // the editor adds rules by script
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    // marks of the editor
    "img-src 'self' data:",
    `connect-src 'self'${signIn ? ` ${new URL(signIn.issuer).origin}` : ''}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="${RETRY_SECONDS}">
<title>Ordergraph</title>
</head>
<body>
<main>
<h1>The pages are being built</h1>
<p>The graph answers already, at /graphql. This page loads again by itself; after <code>npm start</code> on a fresh clone it takes some seconds.
If it stays, run <code>npm run pages</code> and read its messages.</p>
</main>
</body>
</html>
`;
