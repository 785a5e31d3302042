import type { Database } from '#kit/database/database';
import type { Preparation } from '#kit/mutation/mutation';
import { usedLately } from '../usage/usage';
import { customerOf } from './publishers';
import type { ProposedVersion, SchemaCheck } from './schema-check';
import {
  type Agreement,
  type ReleasedDocument,
  type SchemaChange,
  SchemaComposer,
  type SubgraphSchema,
  type Verdict,
} from './schema-composer';
import { digestOf, storedText } from './schema-text';
import { agreementNow, dayOf, releasedDocuments, servedAt, servedNow } from './state';

/** A change of what gateways serve, with the verdict on it. */
export interface JudgedChange {
  readonly change: SchemaChange;
  /** Number of the activation with whose supergraph it compares; 0 before the first. */
  readonly basedOn: number;
  readonly verdict: Verdict;
}

/**
 * Judges schemas as a change of what gateways serve now.
 * @param agencies that own each subgraph: its schema may name no others
 * @param changed contracts that would take the place of those of the agreement
 */
export async function judgedChange(
  before: Preparation,
  proposed: readonly SubgraphSchema[],
  agencies: SchemaChange['agencies'],
  changed: (contracts: Agreement['contracts']) => Agreement['contracts'] = (contracts) => contracts,
): Promise<JudgedChange> {
  const { database, now, services } = before;
  const served = await servedNow(database);
  const digests = proposed.map(({ name, sdl }) => ({ name, digest: digestOf(sdl) }));
  const agreement = await agreementNow(database, dayOf(now), digests);
  const contracts = changed(agreement.contracts);
  const change: SchemaChange = {
    ...{ before: served.schemas, supergraph: served.supergraph, proposed, agencies },
    agreement: contracts ? { ...agreement, contracts } : agreement,
    documents: await releasedDocuments(database),
    ...(await usedLately(database, now)),
  };
  const verdict = await services.of(SchemaComposer).judge(change, customerOf(before));
  return { change, basedOn: served.activation, verdict };
}

/** What clients sent lately, as it is stored with a check. */
export const sentLately = ({ used, leftOut }: SchemaChange): Pick<SchemaChange, 'used' | 'leftOut'> => ({
  used,
  leftOut,
});

/** What a check was based on. @throws Error if a text is missing, or was changed */
export async function storedChange(database: Database, check: SchemaCheck): Promise<SchemaChange> {
  const parsed = async (digest: string) => JSON.parse(await storedText(database, digest));
  const proposed: SubgraphSchema[] = [];
  const agencies: Record<string, readonly string[]> = {};
  for (const version of JSON.parse(check.proposed) as readonly ProposedVersion[]) {
    proposed.push({ name: version.name, url: version.url, sdl: await storedText(database, version.digest) });
    agencies[version.name] = version.agencies;
  }
  const { schemas: before, supergraph } = await servedAt(database, check.basedOn);
  return {
    ...{ before, supergraph, proposed, agencies, agreement: (await parsed(check.agreementDigest)) as Agreement },
    documents: (await parsed(check.documentsDigest)) as readonly ReleasedDocument[],
    ...((await parsed(check.usedDigest)) as Pick<SchemaChange, 'used' | 'leftOut'>),
  };
}
