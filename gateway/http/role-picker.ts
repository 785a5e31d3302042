import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parsePrincipal } from '#base/identity/principal';
import { type DevelopmentIssuer, LOOPBACK } from '../identity/development-issuer';

/** Lifetime of the page's tokens in hours: a working day. */
const HOURS = 12;

/** Identities that the page offers: each role, in the exercise's organizations and agencies. */
const CALLERS: readonly [name: string, principal: string][] = [
  ['Analyst', 'role=analyst; subject=explorer'],
  ['Developer (exercise-alder)', 'role=developer-submitter; organization=exercise-alder; subject=explorer'],
  ['Developer (exercise-birch)', 'role=developer-submitter; organization=exercise-birch; subject=explorer'],
  ['Intake officer', 'role=intake-officer; subject=explorer'],
  ['Reviewer (NSA)', 'role=agency-reviewer; agency=nsa; subject=explorer'],
  ['Reviewer (Treasury)', 'role=agency-reviewer; agency=treasury; subject=explorer'],
  ['Hiring manager (Treasury)', 'role=hiring-manager; agency=treasury; subject=explorer'],
  ['HR specialist (Treasury)', 'role=hr-specialist; agency=treasury; subject=explorer'],
  ['Records officer (Treasury)', 'role=records-officer; agency=treasury; subject=explorer'],
  ['Infrastructure officer (Treasury)', 'role=infrastructure-officer; agency=treasury; subject=explorer'],
  ['Coordinator (CISA)', 'role=coordinator; agency=cisa; subject=explorer'],
  ['Inspector general', 'role=inspector; case=explorer; subject=explorer'],
  ['Platform operator', 'role=operator; subject=explorer'],
];

const SANDBOX = 'https://embeddable-sandbox.cdn.apollographql.com';
const FRAME = 'https://sandbox.embed.apollographql.com';

/**
 * Apollo Sandbox with a choice of identity, for graphs that use the development issuer. The page contains tokens, and a hostile domain
 * that resolves to this machine could read them (DNS rebinding), so only requests to loopback names get it.
 */
export function rolePicker(issuer: DevelopmentIssuer) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (!LOOPBACK.has(request.hostname.replace(/^\[(.*)\]$/, '$1')))
      return reply.code(403).type('text/plain').send('This graph runs in development mode: open it as localhost\n');
    const callers = await Promise.all(
      CALLERS.map(async ([name, principal]) => ({
        name,
        token: await issuer.token(parsePrincipal(principal), HOURS * 3_600),
      })),
    );
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
  #explorer { flex: 1; display: flex; }
  #explorer iframe { flex: 1; border: 0; }
  #plain { flex: 1; display: none; grid-template-columns: 1fr 1fr; gap: 1em; padding: 1em; }
  #plain textarea, #plain pre { margin: 0; padding: 1em; font: 13px monospace; border: 1px solid #ccc; overflow: auto; }
</style>
</head>
<body>
<header>
  <b>Ordergraph</b>
  <label>Ask as <select id="caller"><option value="">the public</option>${options.join('')}</select></label>
  <button id="copy" type="button">Copy token</button>
  <span>Development issuer: tokens work on this machine only and expire in ${HOURS} hours.</span>
</header>
<div id="explorer"></div>
<div id="plain">
  <div><p>Apollo Sandbox could not be loaded; run a query here instead. <button id="run" type="button">Run</button></p>
  <textarea id="query" rows="30" cols="60" aria-label="Query">{ sectors(first: 3) { nodes { name } } }</textarea></div>
  <pre id="answer"></pre>
</div>
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
      initialState: { document: byId('query').value },
    });
  else {
    byId('explorer').style.display = 'none';
    byId('plain').style.display = 'grid';
    byId('run').onclick = async () => {
      const body = JSON.stringify({ query: byId('query').value });
      const answer = await ask(endpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      byId('answer').textContent = JSON.stringify(await answer.json(), null, 2);
    };
  }
</script>
</body>
</html>
`;
}
