import type { Preparation } from '#kit/mutation/mutation';
import { usedLately } from '../usage/usage';
import { customerOf } from './publishers';
import {
  type Agreement,
  type SchemaChange,
  SchemaComposer,
  type SubgraphSchema,
  type Verdict,
} from './schema-composer';
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
  const agreement = await agreementNow(database, dayOf(now));
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
