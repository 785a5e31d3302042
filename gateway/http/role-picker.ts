import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DevelopmentIssuer } from '../identity/development-issuer';
import { developmentCallers, HOURS, isLoopback, ONLY_LOCALHOST } from './development-callers';

const SANDBOX = 'https://embeddable-sandbox.cdn.apollographql.com';
const FRAME = 'https://sandbox.embed.apollographql.com';

/**
 * Apollo Sandbox with a choice of identity, for graphs that use the development issuer; the explorer where the browser can't reach it. The page contains tokens, and a hostile domain
 * that resolves to this machine could read them (DNS rebinding), so only requests to loopback names get it.
 */
export function rolePicker(issuer: DevelopmentIssuer) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (!isLoopback(request.headers.host)) return reply.code(403).type('text/plain').send(ONLY_LOCALHOST);
    const callers = await developmentCallers(issuer);
    const nonce = randomBytes(16).toString('base64');
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', policyOf(nonce))
      .send(pageOf(callers, nonce));
  };
}

const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${SANDBOX}`,
    `style-src 'nonce-${nonce}'`,
    `frame-src ${FRAME}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

function pageOf(callers: readonly { name: string; token: string }[], nonce: string): string {
  const options = callers.map(({ name, token }) => `<option value="${token}">${name}</option>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Ordergraph</title>
<style nonce="${nonce}">
  html, body { height: 100%; margin: 0; font: 14px system-ui, sans-serif; }
  body { display: flex; flex-direction: column; }
  header { display: flex; gap: 1em; align-items: center; padding: .5em 1em; background: #1b2240; color: #fff; }
  header span { opacity: .7; }
  header a { color: inherit; }
  #explorer { flex: 1; display: flex; }
  #explorer iframe { flex: 1; border: 0; }
</style>
</head>
<body>
<header>
  <b>Ordergraph</b>
  <label>Ask as <select id="caller"><option value="">the public</option>${options.join('')}</select></label>
  <button id="copy" type="button">Copy token</button>
  <a href="/explorer">Explorer</a> <a href="/dashboard">Dashboard</a>
  <span>Development issuer: tokens work on this machine only and expire in ${HOURS} hours.</span>
</header>
<div id="explorer"></div>
<script nonce="${nonce}" src="${SANDBOX}/v2/embeddable-sandbox.umd.production.min.js"></script>
<script nonce="${nonce}">
  const byId = (id) => document.getElementById(id);
  const endpoint = location.origin + location.pathname;
  const authorization = () => byId('caller').value ? { authorization: 'Bearer ' + byId('caller').value } : {};
  const ask = (url, options) => fetch(url, { ...options, headers: { ...options.headers, ...authorization() } });
  byId('copy').onclick = () => navigator.clipboard.writeText(byId('caller').value);
  if (window.EmbeddedSandbox)
    new EmbeddedSandbox({
      target: '#explorer',
      initialEndpoint: endpoint,
      endpointIsEditable: false,
      handleRequest: ask,
      allowDynamicStyles: false,
      runTelemetry: false,
      initialState: { document: '{ sectors(first: 3) { nodes { name } } }' },
    });
  else location.replace('/explorer');
</script>
</body>
</html>
`;
}
