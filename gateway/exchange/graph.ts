import { type Ask, GraphError, patiently } from '../export/ask';
import { pagedOperation } from '../export/paged-operation';
import { pagesOf } from '../export/pages';
import type { FindingRecord, ItemRecord, MilestoneRecord, SystemRecord } from './oscal/record';
import type { PublishedCase } from './stix';

const PAGE = 500;

/** All objects of the list of a query, page by page. @throws GraphError */
export async function everyObject<T>(
  ask: Ask,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<T[]> {
  const objects: T[] = [];
  const operation = pagedOperation(query, { pageSize: PAGE });
  for await (const page of pagesOf(operation, variables, { ask, cursor: null })) objects.push(...(page.objects as T[]));
  return objects;
}

/** Sends one operation. @throws GraphError if it has errors */
export async function answerOf<Data>(
  ask: Ask,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Data> {
  const answer = await patiently(() => ask({ query, variables, operationName: undefined }));
  const [error] = answer.errors ?? [];
  if (error)
    throw new GraphError(
      `${error.extensions?.code ?? 'The graph failed'}: ${error.message}`,
      'Check the system, and whether the caller may read and change it',
      answer,
    );
  return answer.data as Data;
}

const OF_SYSTEM = 'filter: { system: { id: { eq: $system } } }';

/** A system with its inventory, findings, and plan of action. @throws GraphError if the caller may not read it */
export async function systemRecord(ask: Ask, system: string): Promise<SystemRecord> {
  const variables = { system };
  const { federalSystem } = await answerOf<{
    federalSystem: Pick<SystemRecord, 'id' | 'name' | 'exercise' | 'agency'> | null;
  }>(ask, 'query ($system: ID!) { federalSystem(id: $system) { id name exercise agency { key name } } }', variables);
  if (!federalSystem || federalSystem.name === null)
    throw new GraphError(`The caller sees no system "${system}"`, 'Name a system of the agency of the caller');
  const inventory = await everyObject<SystemRecord['inventory'][number]>(
    ask,
    `query ($system: ID!) { inventoryItems(${OF_SYSTEM}, orderBy: [{ field: ID }]) {
       nodes { id vendor product version count status } } }`,
    variables,
  );
  const findings = await everyObject<FindingRecord>(
    ask,
    `query ($system: ID!) { vulnerabilityFindings(${OF_SYSTEM}, orderBy: [{ field: ID }]) {
       nodes { id status detectedAt dueAt remediatedAt method vulnerability { cveId } item { id } poamItem { id } } } }`,
    variables,
  );
  const milestones = await everyObject<MilestoneRecord & { readonly poamItem: { readonly id: string } }>(
    ask,
    `query ($system: ID!) { poamMilestones(filter: { poamItem: { system: { id: { eq: $system } } } }, orderBy: [{ field: DUE_ON }, { field: ID }]) {
       nodes { id title dueOn doneOn poamItem { id } } } }`,
    variables,
  );
  const items = await everyObject<Omit<ItemRecord, 'milestones'>>(
    ask,
    `query ($system: ID!) { poamItems(${OF_SYSTEM}, orderBy: [{ field: ID }]) {
       nodes { id title description status responsibleRole resources openedAt closedAt controls { oscalId } } } }`,
    variables,
  );
  const byItem = Map.groupBy(milestones, ({ poamItem }) => poamItem.id);
  return {
    ...federalSystem,
    inventory,
    findings,
    items: items.map((item) => ({ ...item, milestones: byItem.get(item.id) ?? [] })),
  };
}

/** The published cases of the clearinghouse. */
export const publishedCases = (ask: Ask): Promise<PublishedCase[]> =>
  everyObject(
    ask,
    `{ clearinghouseCases(filter: { publishedAt: { isNull: false } }, orderBy: [{ field: PUBLISHED_AT }, { field: ID }]) {
       nodes { id title assignedCve source priority vendorName patchedAt publishedAt exercise sectors { key } } } }`,
  );
