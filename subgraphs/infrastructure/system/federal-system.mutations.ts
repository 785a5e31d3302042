import { civilDate } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { occurredAtInput } from '#domain/change-set';
import type { Link } from '#kit/model/links';
import { type ModelClass, modelOf } from '#kit/model/model';
import { bulk } from '#kit/mutation/bulk';
import {
  booleanInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  intInput,
  listInput,
  longTextInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { replaceLinks } from '#kit/mutation/replace-links';
import type { Work } from '#kit/mutation/work';
import { CloudOffering } from '../cloud/cloud-offering';
import { GovDomain } from '../domain';
import { Sector } from '../sector/sector';
import { retireFindings } from '../vulnerability/findings';
import { authorizationOn } from './authorization-in-force';
import {
  FederalSystem,
  ImpactLevel,
  SystemCloudOffering,
  SystemDomain,
  SystemOperator,
  SystemSector,
} from './federal-system';
import type { SystemFacts } from './lifecycle';
import { openSystems } from './systems';

const by = ['CISO'];
const returns = ['system', () => FederalSystem] as const;
const target = {
  id: idInput('Id of the system.'),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
};

const name = textInput('Name of the system.');
const impactLevel = enumInput(() => ImpactLevel, 'FIPS 199 impact level.');
const operatedBy = enumInput(() => SystemOperator, 'Who operates the system.');
const loggingLevel = intInput('Maturity level of logging that the system has reached, by OMB M-26-14.', { max: 5 });
const highValueAsset = booleanInput('Whether the system is a high value asset (HVA).');

const registerSystem = bulk({
  name: 'registerSystem',
  plural: 'registerSystems',
  description: "Registers a system of the caller's agency, which is under development until it is commissioned.",
  by,
  input: {
    name,
    impactLevel,
    operatedBy: optional(operatedBy),
    loggingLevel: optional(loggingLevel),
    highValueAsset: optional(highValueAsset),
  },
  returns,
  async open(work) {
    const systems = await openSystems(work, []);
    const none = { atoExpires: null, coveredByAiTool: false, coveredSince: null, revision: 1, exercise: false };
    return {
      apply: (input) =>
        systems.add(
          {
            ...{ id: work.newId('sys'), agencyKey: work.principal.agency!, ...input, ...none },
            highValueAsset: input.highValueAsset ?? false,
          },
          { trigger: 'registerSystem', kind: 'SYSTEM_REGISTERED' },
        ),
      save: () => systems.save(),
    };
  },
});

const updateSystem = mutation({
  name: 'updateSystem',
  description: 'Changes the description of a system.',
  by,
  input: {
    id: target.id,
    expectedRevision: target.expectedRevision,
    name: unchanged(name),
    impactLevel: unchanged(impactLevel),
    operatedBy: unchanged(operatedBy),
    loggingLevel: unchanged(loggingLevel),
    highValueAsset: unchanged(highValueAsset),
  },
  returns,
  async run(work, { id, expectedRevision, ...fields }) {
    const changes = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    if (Object.keys(changes).length === 0)
      throw new InputError('The input changes nothing: send at least one field to change', ['input']);
    const systems = await openSystems(work, [id]);
    systems.move({ id, expectedRevision }, () => ({
      trigger: 'updateSystem',
      kind: 'SYSTEM_UPDATED',
      detail: Object.keys(changes).join(', '),
      change: (next) => Object.assign(next, changes),
    }));
    await systems.save();
    return id;
  },
});

/** Lists of objects that a system refers to, by the field of the input. */
const LINKS: Readonly<Record<string, { readonly table: ModelClass<Link>; readonly of: ModelClass; words: string }>> = {
  sectors: { table: SystemSector, of: Sector, words: 'sector' },
  domains: { table: SystemDomain, of: GovDomain, words: '.gov domain' },
  cloudOfferings: { table: SystemCloudOffering, of: CloudOffering, words: 'cloud offering' },
};

/** @throws UnknownReferenceError */
async function requireTargets({ database }: Work, field: string, keys: readonly string[]): Promise<void> {
  const { of, words } = LINKS[field]!;
  const { key } = modelOf(of);
  const rows = (await database.findBy(of, key, keys)) as Record<string, unknown>[];
  const known = new Set(rows.map((row) => row[key]));
  const unknown = keys.findIndex((value) => !known.has(value));
  if (unknown >= 0) throw new UnknownReferenceError(words, keys[unknown]!, ['input', field, unknown]);
}

const linkSystem = mutation({
  name: 'linkSystem',
  description: 'Sets what a system supports, serves, and runs on. Each list replaces the one before.',
  by,
  input: {
    id: target.id,
    expectedRevision: target.expectedRevision,
    sectors: unchanged(listInput(idInput('Key of a sector.'), 'Keys of all sectors that the system supports.')),
    domains: unchanged(
      listInput(idInput('Domain name, such as "irs.gov".'), 'All .gov domains that the system serves.', { max: 1_000 }),
    ),
    cloudOfferings: unchanged(
      listInput(idInput('FedRAMP id of an offering.'), 'FedRAMP ids of all offerings that the system runs on.'),
    ),
  },
  returns,
  async run(work, { id, expectedRevision, ...lists }) {
    const stated = Object.entries(lists).flatMap(([field, keys]) => (keys ? [[field, keys] as const] : []));
    if (stated.length === 0)
      throw new InputError('The input changes nothing: send at least one list to set', ['input']);
    const systems = await openSystems(work, [id]);
    systems.move({ id, expectedRevision }, () => ({
      trigger: 'linkSystem',
      kind: 'SYSTEM_LINKED',
      detail: stated.map(([field]) => field).join(', '),
    }));
    for (const [field, keys] of stated) await requireTargets(work, field, keys);
    await systems.save();
    for (const [field, keys] of stated) await replaceLinks(work.database, LINKS[field]!.table, id, keys);
    return id;
  },
});

const reason = optional(longTextInput('Reason.'));

/** A mutation that moves a system to another status. @param factsOn facts on the day of the move @param after what follows from it */
function moving(
  trigger: string,
  kind: string,
  description: string,
  {
    factsOn = async () => ({}),
    after = async () => {},
  }: {
    readonly factsOn?: (work: Work, id: string, day: string) => Promise<Partial<SystemFacts>>;
    readonly after?: (work: Work, id: string) => Promise<unknown>;
  } = {},
) {
  return mutation({
    name: trigger,
    description,
    by,
    input: { ...target, reason },
    returns,
    async run(work, { reason: detail, ...at }) {
      const systems = await openSystems(work, [at.id]);
      const facts = await factsOn(work, at.id, civilDate(at.occurredAt ?? work.now));
      systems.move(at, () => ({ trigger, kind, facts, detail }));
      await systems.save();
      await after(work, at.id);
      return at.id;
    },
  });
}

const commissionSystem = moving(
  'commissionSystem',
  'SYSTEM_COMMISSIONED',
  'Puts a system into operation, or ends its major modification. Needs an authorization to operate in force.',
  {
    factsOn: async ({ database }, id, day) => ({
      isAuthorized: (await authorizationOn(database, [id], day)).has(id),
    }),
  },
);
const modifySystem = moving('modifySystem', 'SYSTEM_MODIFIED', 'Records that a major change of a system begins.');
const retireSystem = moving(
  'retireSystem',
  'SYSTEM_RETIRED',
  'Retires a system. Its unresolved vulnerability findings become SYSTEM_RETIRED.',
  { after: (work, id) => retireFindings(work, [id], work.now) },
);

export const systemMutations = [
  ...registerSystem,
  updateSystem,
  linkSystem,
  commissionSystem,
  modifySystem,
  retireSystem,
];
