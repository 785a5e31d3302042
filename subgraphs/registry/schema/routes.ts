import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Database } from '#kit/database/database';
import type { OpenSubgraph, SubgraphRoutes } from '#kit/subgraph/subgraph';
import { GatewayReport, MAX_REPLICAS, REPLICA } from './gateway-report';
import { storedText } from './schema-text';
import { lastActivation, supergraphById } from './state';
import type { SupergraphActivation } from './supergraph-activation';

/** The supergraph that gateways serve, as text. */
interface Offered {
  readonly activation: number;
  readonly etag: string;
  readonly body: Buffer;
}

const DIGEST = /^[0-9a-f]{64}$/;
const MINUTE = 16;

/** Adds `GET /supergraph`, by which gateways follow the registry: see docs/agency-schemas.md. */
export function addSupergraphRoute(open: OpenSubgraph, { server, principalOf }: SubgraphRoutes): void {
  let offered: Offered | undefined;
  const current = async (database: Database): Promise<Offered | undefined> => {
    const last = await lastActivation(database);
    if (!last) return undefined;
    if (offered?.activation !== last.number) offered = await offerOf(database, last);
    return offered;
  };
  server.get('/supergraph', async (request, reply) => {
    if (!principalOf(request)?.roles.includes('operator')) return reply.code(403).send(OPERATORS_ONLY);
    const { database, clock } = open;
    const now = await current(database);
    await noteReplica(database, request, now?.activation ?? 0, now?.etag ?? '', clock.now().toISOString());
    if (!now) return reply.code(404).send(NOT_ACTIVATED);
    return answer(request, reply, now);
  });
}

const OPERATORS_ONLY = {
  errors: [{ message: 'Only gateways and operators read the supergraph', extensions: { code: 'FORBIDDEN' } }],
};
const NOT_ACTIVATED = {
  errors: [
    { message: 'No supergraph was activated: publish schemas first', extensions: { code: 'PRECONDITION_FAILED' } },
  ],
};

async function offerOf(database: Database, last: SupergraphActivation): Promise<Offered> {
  const { digest } = await supergraphById(database, last.supergraphId);
  const text = await storedText(database, digest);
  const body = Buffer.from(`${text}${last.signature ?? ''}`);
  return { activation: last.number, etag: `"${last.number}-${digest}"`, body };
}

function answer(request: FastifyRequest, reply: FastifyReply, { etag, body }: Offered): FastifyReply {
  reply.headers({ etag, 'cache-control': 'private, no-cache' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type('text/plain; charset=utf-8').send(body);
}

/** Notes what a replica serves: once a minute, and when it changes. */
async function noteReplica(
  database: Database,
  { headers }: FastifyRequest,
  current: number,
  etag: string,
  now: string,
): Promise<void> {
  const [replica, digest] = [headers['ordergraph-gateway'], headers['ordergraph-serves']];
  if (typeof replica !== 'string' || !REPLICA.test(replica)) return;
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return;
  const [before] = await database.findBy(GatewayReport, 'replica', [replica]);
  const isCurrent = etag === `"${current}-${digest}"`;
  const seenAt = `${now.slice(0, MINUTE)}:00.000Z`;
  const isSame = before?.digest === digest && before.current === current && before.isCurrent === isCurrent;
  if (isSame && before.seenAt === seenAt) return;
  if (!before && (await database.count(GatewayReport)) >= MAX_REPLICAS) return;
  const since = before?.digest === digest ? before.since : now;
  await database.upsert(GatewayReport, [
    Object.assign(new GatewayReport(), { replica, digest, current, isCurrent, since, seenAt, exercise: false }),
  ]);
}
