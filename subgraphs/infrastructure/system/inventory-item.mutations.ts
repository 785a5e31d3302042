import { civilDate } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, occurredAtInput, ofOwnAgency } from '#domain/change-set';
import { marks } from '#kit/database/marks';
import { bulk } from '#kit/mutation/bulk';
import {
  dateInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  intInput,
  longTextInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import type { Work } from '#kit/mutation/work';
import { matchInventory } from '../matching/match';
import { productKey } from '../matching/product-key';
import { recomputeDueDates } from '../remediation/recompute';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { ACTIVE_SQL } from '../vulnerability/vulnerability-finding';
import {
  AssetEnvironment,
  AssetExposure,
  CryptoStandard,
  CryptoStatus,
  InventoryItem,
  type InventoryItemStatus,
} from './inventory-item';
import { type InventoryFacts, inventoryLifecycle } from './lifecycle';
import { ownSystems } from './systems';

/** Assets as mutations change them: those of the caller's agency. */
const ITEMS: ChangeableType<InventoryItem, InventoryItemStatus, InventoryFacts> = {
  type: InventoryItem,
  machine: inventoryLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'INVENTORY_ITEM',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
};

const by = ['CISO'];
const returns = ['item', () => InventoryItem] as const;
const target = {
  id: idInput('Id of the item.'),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
};

const description = {
  version: textInput('Version of the product.', { max: 60 }),
  count: intInput('Number of assets.', { min: 1 }),
  cryptoCertificate: textInput('Certificate number of the cryptographic module.', { max: 40 }),
  cryptoStandard: enumInput(() => CryptoStandard, 'Standard of the cryptographic module.'),
  cryptoStatus: enumInput(() => CryptoStatus, 'Validation status of the cryptographic module.'),
  endOfSupportOn: dateInput('Date on which the vendor ends support.'),
  lastEnumeratedOn: dateInput('Date of the last scan that saw the assets. Not in the future.'),
};
const tags = {
  organization: textInput('Organization that runs the assets.', { max: 120 }),
  suborganization: textInput('Suborganization that runs the assets.', { max: 120 }),
  environment: enumInput(() => AssetEnvironment, 'Environment.'),
  exposure: enumInput(() => AssetExposure, 'Exposure to public networks. UNKNOWN counts as PUBLIC.'),
  assetType: textInput('Type of asset, such as "server".', { max: 60 }),
};

const open = (work: Work, inputs: readonly { readonly id: string }[]) =>
  ChangeSet.open(
    ITEMS,
    work,
    inputs.map(({ id }) => id),
  );

/** @throws InputError if the scan is in the future */
function requirePastScan({ now }: Work, { lastEnumeratedOn }: { readonly lastEnumeratedOn?: string | null }): void {
  const today = civilDate(now);
  if (lastEnumeratedOn != null && lastEnumeratedOn > today)
    throw new InputError(`"lastEnumeratedOn" is in the future: it is ${today} today`, ['input', 'lastEnumeratedOn']);
}

/** Fields of an input that are stated. @throws InputError if none is */
function statedIn(fields: object): Record<string, unknown> {
  const stated = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (stated.length === 0)
    throw new InputError('The input changes nothing: send at least one field to change', ['input']);
  return Object.fromEntries(stated);
}

const recordInventory = bulk({
  name: 'recordInventory',
  plural: 'recordInventories',
  description:
    'Records a group of like assets of a system. Active match rules raise SUSPECTED findings on them in the same change.',
  by,
  input: {
    system: idInput('Id of the system.'),
    vendor: textInput('Vendor of the product.', { max: 120 }),
    product: textInput('Name of the product.'),
    count: description.count,
    version: optional(description.version),
    cryptoCertificate: optional(description.cryptoCertificate),
    cryptoStandard: optional(description.cryptoStandard),
    cryptoStatus: optional(description.cryptoStatus),
    endOfSupportOn: optional(description.endOfSupportOn),
    lastEnumeratedOn: optional(description.lastEnumeratedOn),
    organization: optional(tags.organization),
    suborganization: optional(tags.suborganization),
    environment: optional(tags.environment),
    exposure: optional(tags.exposure),
    assetType: optional(tags.assetType),
  },
  returns,
  async open(work, inputs) {
    const systems = await ownSystems(
      work,
      inputs.map(({ system }) => system),
    );
    const items = await open(work, []);
    const added: string[] = [];
    return {
      apply(input) {
        const { system: systemId, ...fields } = input;
        const system = systems.get(systemId);
        if (!system) throw new UnknownReferenceError('federal system', systemId, ['input', 'system']);
        if (system.status === 'DISPOSITION')
          throw new InputError('The system is retired: assets are recorded for systems in use', ['input', 'system']);
        requirePastScan(work, fields);
        const id = work.newId('inv');
        const changed = items.add(
          {
            ...{ id, systemId, agencyKey: system.agencyKey, ...fields, exposure: fields.exposure ?? 'UNKNOWN' },
            ...{ productKey: productKey(fields.vendor, fields.product), removedOn: null },
            ...{ revision: 1, exercise: system.exercise },
          },
          { trigger: 'recordInventory', kind: 'INVENTORY_RECORDED' },
        );
        added.push(id);
        return changed;
      },
      async save() {
        await items.save();
        await matchInventory(work, { items: added });
      },
    };
  },
});

const updateInventory = bulk({
  name: 'updateInventory',
  plural: 'updateInventories',
  description:
    'Changes the description of assets, such as their number after a scan. Another version may match other rules.',
  by,
  input: {
    id: target.id,
    expectedRevision: target.expectedRevision,
    version: unchanged(description.version),
    count: unchanged(description.count),
    cryptoCertificate: unchanged(description.cryptoCertificate),
    cryptoStandard: unchanged(description.cryptoStandard),
    cryptoStatus: unchanged(description.cryptoStatus),
    endOfSupportOn: unchanged(description.endOfSupportOn),
    lastEnumeratedOn: unchanged(description.lastEnumeratedOn),
  },
  returns,
  async open(work, inputs) {
    const items = await open(work, inputs);
    const otherVersions: string[] = [];
    return {
      apply({ id, expectedRevision, ...fields }) {
        const changes = statedIn(fields);
        requirePastScan(work, fields);
        const changed = items.move({ id, expectedRevision }, () => ({
          trigger: 'updateInventory',
          kind: 'INVENTORY_UPDATED',
          detail: Object.keys(changes).join(', '),
          change: (next) => Object.assign(next, changes),
        }));
        if (fields.version !== undefined) otherVersions.push(id);
        return changed;
      },
      async save() {
        await items.save();
        await matchInventory(work, { items: otherVersions });
      },
    };
  },
});

const tagInventory = bulk({
  name: 'tagInventory',
  plural: 'tagInventories',
  description:
    'Changes tags of assets by BOD 26-04. Another exposure computes the deadlines of their findings again, in the same change.',
  by,
  input: {
    ...target,
    organization: unchanged(tags.organization),
    suborganization: unchanged(tags.suborganization),
    environment: unchanged(tags.environment),
    exposure: unchanged(tags.exposure),
    assetType: unchanged(tags.assetType),
  },
  returns,
  async open(work, inputs) {
    const items = await open(work, inputs);
    const exposed: string[] = [];
    return {
      apply({ id, expectedRevision, occurredAt, ...fields }) {
        const changes = statedIn(fields);
        const before = items.get(id)?.exposure;
        const changed = items.move({ id, expectedRevision, occurredAt }, () => ({
          trigger: 'tagInventory',
          kind: 'INVENTORY_TAGGED',
          detail: Object.entries(changes)
            .map(([tag, value]) => `${tag}: ${value}`)
            .join(', '),
          change: (next) => Object.assign(next, changes),
        }));
        if (items.get(id)!.exposure !== before) exposed.push(id);
        return changed;
      },
      async save() {
        await items.save();
        if (exposed.length > 0) await recomputeDueDates(work, { items: exposed }, 'TAG');
      },
    };
  },
});

/** Number of findings by item that are active, or may be again: their remediation is not verified. */
async function activeFindings({ database }: Work, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await database.query<{ itemId: string; n: number }>(
    `SELECT item_id AS itemId, COUNT(*) AS n FROM vulnerability_finding
     WHERE item_id IN (${marks(ids)}) AND status IN (${ACTIVE_SQL}, 'REMEDIATED') GROUP BY item_id`,
    ids,
  );
  return new Map(rows.map(({ itemId, n }) => [itemId, Number(n)]));
}

const removeInventory = bulk({
  name: 'removeInventory',
  plural: 'removeInventories',
  description: 'Records that a system no longer has the assets. They stay readable, with their findings.',
  by,
  input: { ...target, reason: optional(longTextInput('Reason.')) },
  returns,
  async open(work, inputs) {
    const items = await open(work, inputs);
    const active = await activeFindings(
      work,
      inputs.map(({ id }) => id),
    );
    return {
      apply: ({ reason, ...at }) =>
        items.move(at, ({ id }) => ({
          trigger: 'removeInventory',
          kind: 'INVENTORY_REMOVED',
          facts: { activeFindings: active.get(id) ?? 0 },
          detail: reason,
          change(next, occurredAt) {
            next.removedOn = civilDate(occurredAt);
          },
        })),
      save: () => items.save(),
    };
  },
});

export const inventoryMutations = [...recordInventory, ...updateInventory, ...tagInventory, ...removeInventory];
