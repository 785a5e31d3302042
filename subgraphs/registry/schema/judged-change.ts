import type { Preparation } from '#kit/mutation/mutation';
import { usedLately } from '../usage/usage';
import { customerOf } from './publishers';
import { type SchemaChange, SchemaComposer, type SubgraphSchema, type Verdict } from './schema-composer';
import { agreementNow, dayOf, releasedDocuments, servedNow } from './state';

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
 */
export async function judgedChange(
  before: Preparation,
  proposed: readonly SubgraphSchema[],
  agencies: SchemaChange['agencies'],
): Promise<JudgedChange> {
  const { database, now, services } = before;
  const served = await servedNow(database);
  const change: SchemaChange = {
    ...{ before: served.schemas, supergraph: served.supergraph, proposed, agencies },
    agreement: await agreementNow(database, dayOf(now)),
    documents: await releasedDocuments(database),
    ...(await usedLately(database, now)),
  };
  const verdict = await services.of(SchemaComposer).judge(change, customerOf(before));
  return { change, basedOn: served.activation, verdict };
}
