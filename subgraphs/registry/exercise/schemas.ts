import { gzipSync } from 'node:zlib';
import { after, type ExerciseRows, rows } from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import { GatewayReport } from '../schema/gateway-report';
import { OwnerConsent } from '../schema/owner-consent';
import { NOT_APPROVED } from '../schema/owner-consent.mutations';
import { PartOwner } from '../schema/part-owner';
import { RegisteredSubgraph } from '../schema/registered-subgraph';
import { SchemaCheck } from '../schema/schema-check';
import { SchemaContract } from '../schema/schema-contract';
import { SchemaCoordinate } from '../schema/schema-coordinate';
import { digestOf, partsOf, SchemaTextPart } from '../schema/schema-text';
import { ServedSchema } from '../schema/served-schema';
import { SubgraphVersion } from '../schema/subgraph-version';
import { chainOf, SupergraphActivation } from '../schema/supergraph-activation';
import { SupergraphMember, SupergraphVersion } from '../schema/supergraph-version';
import { OperationCoordinate } from '../usage/operation-coordinate';
import { OperationUse } from '../usage/operation-use';
import { UsedOperation } from '../usage/used-operation';

/** Subgraphs of an invented graph, with their agencies. */
const SUBGRAPHS = [
  ['exercise-harbors', 'dot', ['PUBLIC'], 'type Query { harbor: String }'],
  ['exercise-grids', 'doe', ['PUBLIC', 'GOV'], 'type Query { grid: String }'],
] as const;

const SUPERGRAPH = 'type Query { harbor: String grid: String }';
const REPORT = JSON.stringify({ passed: true, problems: [], changes: [] });
/** No text of real checks, which share texts by their digests. */
const NOTHING = '["exercise"]';
const URL_OF = (name: string): string => `https://${name}.example/graphql`;
const INVENTED = 'Invented for the exercise.';

/** An invented graph in the registry. No gateway serves it: what is of the exercise is never activated. */
export function schemaExercise(asOf: string): ExerciseRows[] {
  const at = (days: number) => after(asOf, -days);
  const texts = [...SUBGRAPHS.map(([, , , sdl]) => sdl), SUPERGRAPH, REPORT, NOTHING];
  const versions = SUBGRAPHS.map(([name, , , sdl]) =>
    Object.assign(new SubgraphVersion(), {
      ...{
        id: stableId('sgv', 'exercise', name),
        subgraphName: name,
        number: 1,
        digest: digestOf(sdl),
        url: URL_OF(name),
      },
      ...{ note: INVENTED, sourceCommit: null, publishedAt: at(100), publishedBy: 'exercise-publisher-1' },
      exercise: true,
    }),
  );
  const id = stableId('spg', 'exercise', 1);
  const digests = {
    ...{ agreementDigest: digestOf(NOTHING), documentsDigest: digestOf(NOTHING), usedDigest: digestOf(NOTHING) },
    reportDigest: digestOf(REPORT),
  };
  const link = {
    ...{ number: 0, activatedAt: at(100), note: INVENTED, digest: digestOf(SUPERGRAPH) },
    members: versions.map((version) => [version.subgraphName, 1, version.digest] as const),
  };
  return [
    rows(
      SchemaTextPart,
      [...new Set(texts)].flatMap((text) => partsOf(digestOf(text), gzipSync(text), at(100), true)),
    ),
    rows(
      RegisteredSubgraph,
      SUBGRAPHS.map(([name, agency, clearances]) =>
        Object.assign(new RegisteredSubgraph(), {
          ...{ name, agencies: [agency], clearances: [...clearances], url: URL_OF(name), registeredAt: at(120) },
          ...{ revision: 1, exercise: true },
        }),
      ),
    ),
    rows(SubgraphVersion, versions),
    rows(SchemaContract, [
      Object.assign(new SchemaContract(), {
        ...{ name: 'exercise-open', description: INVENTED, includedTags: [], excludedTags: [], classes: ['PUBLIC'] },
        ...{ changedAt: at(100), removedAt: null, revision: 1, exercise: true },
      }),
    ]),
    rows(SupergraphVersion, [
      Object.assign(new SupergraphVersion(), {
        ...{ id, number: 0, digest: digestOf(SUPERGRAPH), basedOn: 0, ...digests, note: INVENTED },
        ...{ publishedAt: at(100), publishedBy: 'exercise-publisher-1', exercise: true },
      }),
    ]),
    rows(
      SupergraphMember,
      versions.map(({ id: versionId }) =>
        Object.assign(new SupergraphMember(), {
          ...{ id: stableId('spm', 'exercise', versionId), supergraphId: id, versionId, exercise: true },
        }),
      ),
    ),
    rows(SupergraphActivation, [
      Object.assign(new SupergraphActivation(), {
        ...{ id: stableId('spa', 'exercise', 0), number: 0, supergraphId: id, note: INVENTED, activatedAt: at(100) },
        ...{ activatedBy: 'exercise-publisher-1', signature: null, chain: chainOf('', link), exercise: true },
      }),
    ]),
    rows(SchemaCheck, [
      Object.assign(new SchemaCheck(), {
        ...{ id: stableId('sck', 'exercise', 1), subgraphs: ['exercise-harbors'], passed: true, basedOn: 0 },
        ...{ proposed: NOTHING, ...digests, supergraphDigest: digestOf(SUPERGRAPH), checkedAt: at(2) },
        ...{ checkedBy: 'exercise-publisher-1', agencyKey: 'dot', exercise: true },
      }),
    ]),
    ...usage(asOf),
    rows(SchemaCoordinate, [
      Object.assign(new SchemaCoordinate(), {
        ...{ coordinate: 'ExerciseHarbor.name', kind: 'FIELD', type: 'ExerciseHarbor', owners: ['exercise-harbors'] },
        ...{ sensitivityClass: 'PUBLIC', description: `Name. ${INVENTED}`, deprecationReason: null, since: 0 },
        ...{ sinceAt: at(100), digest: digestOf(NOTHING), exercise: true },
      }),
    ]),
    rows(OwnerConsent, consents(at)),
    rows(PartOwner, [
      Object.assign(new PartOwner(), {
        ...{ coordinate: 'ExerciseHarbor', ownerName: 'exercise-harbors', exercise: true },
      }),
    ]),
    rows(ServedSchema, [
      Object.assign(new ServedSchema(), {
        ...{ id: stableId('svs', 'exercise', 1), subgraphName: 'exercise-harbors', replica: 'exercise-gateway-1' },
        ...{ isServed: false, unserved: ['ExerciseHarbor.name'], unpublished: [], seenAt: at(1), exercise: true },
      }),
    ]),
    rows(GatewayReport, [
      Object.assign(new GatewayReport(), {
        ...{ replica: 'exercise-gateway-1', digest: digestOf(SUPERGRAPH), current: 0, isCurrent: true },
        ...{ since: at(30), seenAt: at(1), exercise: true },
      }),
    ]),
  ];
}

/** What an invented client sent. */
function usage(asOf: string): ExerciseRows[] {
  const operation = 'query Harbors { harbor }';
  const [id, day] = [stableId('uop', 'exercise', operation), asOf.slice(0, 10)];
  return [
    rows(UsedOperation, [
      Object.assign(new UsedOperation(), {
        ...{
          id,
          digest: digestOf(operation),
          name: 'Harbors',
          operation,
          known: true,
          party: 'agency:dot',
          firstUsedOn: day,
          lastUsedOn: day,
        },
        exercise: true,
      }),
    ]),
    rows(OperationUse, [
      Object.assign(new OperationUse(), {
        ...{ id: stableId('opu', 'exercise', 1), operationId: id, day, client: 'exercise-map', clientVersion: '1.0' },
        ...{ party: 'agency:dot', replica: 'exercise-gateway-1', requests: 1_200, exercise: true },
      }),
    ]),
    rows(OperationCoordinate, [
      Object.assign(new OperationCoordinate(), {
        ...{ id: stableId('opc', 'exercise', 1), operationId: id, coordinate: 'ExerciseHarbor.name', exercise: true },
      }),
    ]),
  ];
}

/** Consents of an invented owner: one that holds, one that waits for a second person, and one that was withdrawn. */
function consents(at: (days: number) => string): OwnerConsent[] {
  const consent = (coordinate: string, changes: Partial<OwnerConsent>) =>
    Object.assign(new OwnerConsent(), {
      ...{ id: stableId('ocn', 'exercise', coordinate), ownerName: 'exercise-harbors', actors: ['exercise-grids'] },
      ...{ act: 'SHARE', coordinates: [coordinate], reason: `Both have the same table. ${INVENTED}`, until: null },
      ...{
        proposedAt: at(110),
        proposedBy: 'exercise-publisher-1',
        ...NOT_APPROVED,
        revision: 1,
        proposerAgency: 'dot',
        exercise: true,
      },
      ...changes,
    });
  const first = { firstApprovedAt: at(109), firstApprovedBy: 'exercise-publisher-2' };
  const both = { ...first, grantedAt: at(108), secondApprovedBy: 'exercise-publisher-3', revision: 3 };
  return [
    consent('ExerciseHarbor.name', both),
    consent('ExerciseHarbor.berths', { ...first, revision: 2 }),
    consent('ExerciseHarbor.cranes', {
      ...both,
      ...{ withdrawnAt: at(20), withdrawnBy: 'exercise-publisher-2', revision: 4 },
    }),
  ];
}
