import { randomUUID } from 'node:crypto';
import type { Ask } from '../../export/ask';
import { answerOf, everyObject, systemRecord } from '../graph';
import { type NamedAsset, type ReadItem, type ReadObservation, readPoam, readResults } from './read';
import type { FindingRecord, SystemRecord } from './record';

/** What an import did, by element of the document. */
export interface Imported {
  /** Elements that the graph has now because of this import. */
  readonly added: number;
  /** Elements that were left out, with the reason. */
  readonly skipped: readonly string[];
}

/** Items of one call of a bulk mutation. */
const MAX_ITEMS = 500;
/** Statuses of findings that have ended. */
const ENDED = ['VERIFIED', 'FALSE_POSITIVE', 'SYSTEM_RETIRED'];

function* chunks<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += MAX_ITEMS) yield items.slice(start, start + MAX_ITEMS);
}

interface Result {
  readonly index: number;
  readonly status: string;
  readonly code: string | null;
  readonly message: string | null;
}

/** Calls a bulk mutation, each item for itself. Its key is new: what an earlier import did shows in the graph. @param fields selected of each result */
async function callAll<T extends object>(
  ask: Ask,
  name: string,
  items: readonly object[],
  fields = '',
): Promise<(Result & T)[]> {
  const query = `mutation ($input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) {
    results { index status code message ${fields} } } }`;
  const input = { mode: 'EACH', idempotencyKey: randomUUID(), items };
  const data = await answerOf<Record<string, { readonly results: (Result & T)[] }>>(ask, query, { input });
  return data[name]!.results;
}

/** Assets of the system that a document names. */
const assetIn = ({ inventory }: SystemRecord, named: NamedAsset | null) =>
  named &&
  (inventory.find(
    ({ vendor, product, version, status }) =>
      status !== 'REMOVED' && vendor === named.vendor && product === named.product && version === named.version,
  ) ??
    null);

/**
 * Reports the vulnerabilities that assessment results name as findings on a system. Those of closed risks are left out, and those that the
 * system has already.
 * @throws OperatorError
 */
export async function importResults(ask: Ask, system: string, text: string): Promise<Imported> {
  const observations = readResults(text);
  const record = await systemRecord(ask, system);
  const reasonAgainst = (observation: ReadObservation): string | null => {
    if (observation.isClosed) return 'the risk is closed';
    const latest = record.findings
      .filter((finding) => isSame(record, finding, observation))
      .reduce<FindingRecord | undefined>((a, b) => (a && a.detectedAt > b.detectedAt ? a : b), undefined);
    return latest === undefined || isBack(latest, observation) ? null : 'the system has a finding';
  };
  const skipped = observations.flatMap((observation) => {
    const reason = reasonAgainst(observation);
    return reason === null ? [] : `${observation.cve}: ${reason}`;
  });
  const open = observations.filter((observation) => reasonAgainst(observation) === null);
  let added = 0;
  for (const chunk of chunks(open)) {
    const items = chunk.map(({ cve, asset, detectedAt, method }) => ({
      ...{ system, vulnerability: cve, item: assetIn(record, asset)?.id ?? null, detectedAt },
      method: method.slice(0, 60),
    }));
    const results = await callAll(ask, 'reportFindings', items);
    for (const { index, status, code, message } of results)
      if (status === 'REFUSED') skipped.push(`${chunk[index]!.cve}: ${code}: ${message}`);
      else added += 1;
  }
  return { added, skipped };
}

/** Whether a vulnerability was detected again after its remediation was verified. */
const isBack = ({ status, remediatedAt }: FindingRecord, { detectedAt }: ReadObservation): boolean =>
  status === 'VERIFIED' && remediatedAt !== null && remediatedAt < detectedAt;

/** An item of the graph, as it stands. */
interface Opened {
  readonly id: string;
  readonly revision: number;
  readonly status: string;
  readonly title: string;
  readonly description: string;
  readonly milestones: {
    readonly nodes: readonly {
      readonly id: string;
      readonly revision: number;
      readonly title: string;
      readonly dueOn: string;
      readonly doneOn: string | null;
    }[];
  };
}

const OPENED =
  'id revision status title description milestones(first: 100) { nodes { id revision title dueOn doneOn } }';

/** Moves that lead to a risk status of OSCAL. A deviation is accepted here by another officer, so the import only requests it. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  open: [],
  investigating: ['INVESTIGATING'],
  remediating: ['INVESTIGATING', 'REMEDIATING'],
  'deviation-requested': ['DEVIATION_REQUESTED'],
  'deviation-approved': ['DEVIATION_REQUESTED'],
};

/**
 * Opens the items of a POA&M on a system, with their milestones and risk status. Findings are those of the system with the same vulnerability
 * on the same assets, that belong to no item. An item with the same title and description is the one of an earlier import, which this one
 * completes.
 * @throws OperatorError
 */
export async function importPoam(ask: Ask, system: string, text: string): Promise<Imported> {
  const items = readPoam(text);
  const record = await systemRecord(ask, system);
  const free = new Set(record.findings.filter(({ status, poamItem }) => !ENDED.includes(status) && poamItem === null));
  const existing = await everyObject<Opened>(
    ask,
    `query ($system: ID!) { poamItems(filter: { system: { id: { eq: $system } } }) { nodes { ${OPENED} } } }`,
    { system },
  );
  const skipped: string[] = [];
  const fresh: ReadItem[] = [];
  for (const item of items) {
    const earlier = existing.find(({ title, description }) => title === item.title && description === item.description);
    if (!Object.hasOwn(MOVES, item.status)) skipped.push(`${item.title}: its risk is ${item.status}`);
    else if (earlier === undefined) fresh.push(item);
    else {
      skipped.push(`${item.title}: the system has the item`);
      skipped.push(...(await complete(ask, item, earlier)));
    }
  }
  let added = 0;
  for (const chunk of chunks(fresh)) {
    const inputs = chunk.map((item) => openInput(record, free, item));
    const results = await callAll<{ poamItem: Opened | null }>(ask, 'openPoamItems', inputs, `poamItem { ${OPENED} }`);
    for (const { index, code, message, poamItem } of results) {
      const item = chunk[index]!;
      if (poamItem === null) skipped.push(`${item.title}: ${code}: ${message}`);
      else {
        added += 1;
        skipped.push(...(await complete(ask, item, poamItem)));
      }
    }
  }
  return { added, skipped };
}

/** @returns milestones that stay open, with the reason */
async function complete(ask: Ask, item: ReadItem, opened: Opened): Promise<readonly string[]> {
  const refused = await completeMilestones(ask, item, opened);
  await move(ask, item, opened);
  return refused;
}

/** Finds the findings of an item, each of which belongs to one item only. */
function openInput(record: SystemRecord, free: Set<FindingRecord>, item: ReadItem) {
  const findings = item.observations.flatMap((observation) => {
    const finding = findingOf(record, free, observation);
    if (finding) free.delete(finding);
    return finding?.id ?? [];
  });
  const { title, description, controls, milestones, responsibleRole, resources } = item;
  return {
    ...{ system: record.id, title, description, findings, controls, resources },
    responsibleRole: responsibleRole.slice(0, 120),
    milestones: milestones.map((milestone) => ({ title: milestone.title, dueOn: milestone.dueOn })),
  };
}

const findingOf = (record: SystemRecord, free: ReadonlySet<FindingRecord>, observation: ReadObservation) =>
  [...free].find((finding) => isSame(record, finding, observation));

/** Whether a finding is about the vulnerability and the assets of an observation. */
const isSame = (record: SystemRecord, { vulnerability, item }: FindingRecord, { cve, asset }: ReadObservation) =>
  vulnerability.cveId === cve && (item?.id ?? null) === (assetIn(record, asset)?.id ?? null);

async function completeMilestones(ask: Ask, item: ReadItem, { milestones }: Opened): Promise<readonly string[]> {
  const done = milestones.nodes.flatMap(({ id, revision, title, dueOn, doneOn }) => {
    const planned = item.milestones.find((milestone) => milestone.title === title && milestone.dueOn === dueOn);
    return planned?.doneOn && doneOn === null ? [{ id, expectedRevision: revision, doneOn: planned.doneOn }] : [];
  });
  const results = done.length > 0 ? await callAll(ask, 'completeMilestones', done) : [];
  return results.flatMap(({ status, code, message }) =>
    status === 'REFUSED' ? `${item.title}: a milestone stays open: ${code}: ${message}` : [],
  );
}

async function move(ask: Ask, item: ReadItem, opened: Opened): Promise<void> {
  const { status } = opened;
  let { revision } = opened;
  const moves = MOVES[item.status]!;
  if (status !== 'OPEN' && !moves.includes(status)) return;
  for (const to of moves.slice(moves.indexOf(status) + 1)) {
    const input = {
      id: opened.id,
      expectedRevision: revision,
      to,
      idempotencyKey: randomUUID(),
    };
    const query = `mutation ($input: MovePoamItemInput!) { movePoamItem(input: $input) { poamItem { revision } } }`;
    const data = await answerOf<{ movePoamItem: { poamItem: { revision: number } } }>(ask, query, {
      input,
    });
    ({ revision } = data.movePoamItem.poamItem);
  }
}
