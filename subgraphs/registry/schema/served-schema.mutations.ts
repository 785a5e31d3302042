import { InputError } from '#base/errors';
import { stableId } from '#kit/ids';
import { listInput, objectInput, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { MAX_REPLICAS, REPLICA } from './gateway-report';
import { RegisteredSubgraph } from './registered-subgraph';
import { ServedSchema } from './served-schema';

const part = textInput('Coordinate, such as `Type.field`.', { max: 500 });

const recordServedSchemas = mutation({
  name: 'recordServedSchemas',
  description:
    'Notes what subgraphs serve, compared with what a replica of the gateway asks them for. Gateways call it.',
  by: ['OPERATOR'],
  input: {
    replica: textInput('Replica of the gateway.', { max: 100, pattern: REPLICA }),
    schemas: listInput(
      objectInput('ServedSchemaInput', 'What a subgraph serves.', {
        subgraph: textInput('Name of the subgraph.', { max: 60 }),
        unserved: listInput(part, 'Parts that the supergraph asks it for, and that it does not serve.', { max: 50 }),
        unpublished: listInput(part, 'Parts that it serves, and that the supergraph does not have.', { max: 50 }),
      }),
      'One entry for each subgraph that answered.',
      { max: 200 },
    ),
  },
  returns: ['schema', () => ServedSchema],
  async run({ database, now: seenAt }, { replica, schemas }) {
    if (schemas.length === 0) throw new InputError('"schemas" is empty', ['input', 'schemas']);
    const names = schemas.map(({ subgraph }) => subgraph);
    const registered = new Set((await database.findBy(RegisteredSubgraph, 'name', names)).map(({ name }) => name));
    const before = await database.findBy(ServedSchema, 'replica', [replica]);
    const others = await database.query<{ n: number | string }>(
      `SELECT COUNT(DISTINCT replica) AS n FROM ${database.table(ServedSchema)}`,
    );
    if (before.length === 0 && Number(others[0]!.n) >= MAX_REPLICAS) return '';
    const rows = schemas
      // a gateway may serve a file with subgraphs that no one has registered
      .filter(({ subgraph }) => registered.has(subgraph))
      .map(({ subgraph, unserved, unpublished }) =>
        Object.assign(new ServedSchema(), {
          ...{ id: stableId('svs', replica, subgraph), subgraphName: subgraph, replica, unserved, unpublished },
          ...{ isServed: unserved.length === 0, seenAt, exercise: false },
        }),
      );
    await database.upsert(ServedSchema, rows);
    return rows[0]?.id ?? '';
  },
});

export const servedSchemaMutations = [recordServedSchemas];
