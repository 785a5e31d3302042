import { InputError, NotFoundError, RequestError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, occurredAtInput, type Step, type Target } from '#domain/change-set';
import type { CaseStatus } from '#domain/contracts/case-status';
import { caseMoved } from '#domain/contracts/events';
import { bulk } from '#kit/mutation/bulk';
import {
  dateTimeInput,
  enumInput,
  expectedRevisionInput,
  type InputFields,
  type InputOf,
  idInput,
  listInput,
  longTextInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { type MutationSpec, mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { CLEARINGHOUSE, requireCoordinatorOf } from '../actors';
import { Sector } from '../sector/sector';
import { FederalSystem } from '../system/federal-system';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { Vulnerability } from '../vulnerability/vulnerability';
import { CasePriority, CaseSector, CaseSource, CaseSystem, ClearinghouseCase } from './clearinghouse-case';
import { type CaseFacts, caseLifecycle } from './lifecycle';

/** Cases as mutations change them: coordinators of the clearinghouse change all, agencies those that they opened. */
const CASES: ChangeableType<ClearinghouseCase, CaseStatus, CaseFacts> = {
  type: ClearinghouseCase,
  machine: caseLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'CASE',
  isOpenTo: ({ actor, principal }, { openedByKey }) => actor !== 'CISO' || openedByKey === principal.agency,
  agencyOf: ({ openedByKey }) => openedByKey,
  since: ({ openedAt }) => openedAt,
};

/** Cases locked for one change. Reviews hear of those that came from a finding and have a new status. */
export class Cases {
  private constructor(
    private readonly work: Work,
    private readonly set: ChangeSet<ClearinghouseCase, CaseStatus, CaseFacts>,
    private readonly before: ReadonlyMap<string, CaseStatus>,
  ) {}

  static async open(work: Work, ids: readonly string[]): Promise<Cases> {
    requireCoordinatorOf(work, CLEARINGHOUSE);
    const set = await ChangeSet.open(CASES, work, ids);
    return new Cases(work, set, new Map(set.all.map(({ id, status }) => [id, status])));
  }

  find(id: string): ClearinghouseCase | undefined {
    return this.set.all.find((candidate) => candidate.id === id);
  }

  move(target: Target, step: (object: ClearinghouseCase) => Step<ClearinghouseCase, CaseFacts>) {
    return this.set.move(target, step);
  }

  /** Adds a case, with what is not stated as null. */
  add(
    stated: Pick<ClearinghouseCase, 'id' | 'title' | 'openedByKey' | 'source' | 'priority' | 'openedAt'> &
      Partial<ClearinghouseCase>,
    trigger: string,
  ) {
    const unknown = { assignedCve: null, cveId: null, findingId: null, embargoUntil: null, vendorName: null };
    const later = { vendorContactedAt: null, patchedAt: null, publishedAt: null, mergedIntoId: null, handledCve: null };
    return this.set.add(
      { ...unknown, ...later, revision: 1, exercise: false, ...stated },
      { trigger, kind: 'CASE_OPENED' },
    );
  }

  async save(): Promise<void> {
    const { work, set, before } = this;
    await set.save();
    for (const { id, findingId, status } of set.all)
      if (findingId !== null && before.get(id) !== status)
        work.emit(caseMoved, id, { findingId, status, movedAt: work.now });
  }
}

/** Another case that the clearinghouse handles for a CVE id, if there is one. */
async function handledCase({ database }: Work, cve: string, than?: string): Promise<ClearinghouseCase | undefined> {
  const found = await database.findBy(ClearinghouseCase, 'handledCve', [cve]);
  return found.find(({ id }) => id !== than);
}

function refuseDuplicate(cve: string, existing: ClearinghouseCase | undefined, path: readonly string[]): void {
  if (existing)
    throw new RequestError(
      'ALREADY_EXISTS',
      `The case ${existing.id} is about ${cve} already: merge the cases with mergeCases`,
      path,
    );
}

/** The CVE id, if a catalog lists it. */
async function cataloged({ database }: Work, cve: string | null): Promise<string | null> {
  if (cve === null) return null;
  const [listed] = await database.findBy(Vulnerability, 'cveId', [cve]);
  return listed?.cveId ?? null;
}

const target = {
  id: idInput('Id of the case.'),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
};
const reason = longTextInput('Reason.');
const cveInput = textInput('CVE id, such as "CVE-2026-12345".', { max: 30, pattern: /^CVE-\d{4}-\d{4,19}$/ });
const returns = ['case', () => ClearinghouseCase] as const;

const openCase = mutation({
  name: 'openCase',
  description: 'Reports a flaw to the clearinghouse. Review findings are referred with referFinding instead.',
  by: ['COORDINATOR', 'CISO'],
  input: {
    title: textInput('Short description of the flaw.'),
    source: enumInput(() => CaseSource, 'How the flaw became known. Not REVIEW_FINDING.'),
    priority: enumInput(() => CasePriority, 'Priority.'),
    cve: optional(cveInput),
    vendorName: optional(textInput('Vendor of the affected software.')),
    sectors: optional(listInput(idInput('Key of a sector.'), 'Keys of the sectors that the flaw affects.')),
  },
  returns,
  async run(work, { cve, sectors, ...fields }) {
    const cases = await Cases.open(work, []);
    if (fields.source === 'REVIEW_FINDING')
      throw new InputError('Cases from review findings are opened by referFinding: choose another source', [
        'input',
        'source',
      ]);
    // an agency must not learn from an error that another one reported the same flaw
    if (cve && work.actor === 'COORDINATOR') refuseDuplicate(cve, await handledCase(work, cve), ['input', 'cve']);
    await requireSectors(work, sectors ?? []);
    const id = work.newId('chc');
    cases.add(
      {
        ...{ id, ...fields, assignedCve: cve, cveId: await cataloged(work, cve) },
        ...{ openedByKey: work.principal.agency!, openedAt: work.now },
      },
      'openCase',
    );
    await cases.save();
    await work.database.insert(
      CaseSector,
      (sectors ?? []).map((targetKey) => ({ ownerKey: id, targetKey })),
    );
    return id;
  },
});

async function requireSectors({ database }: Work, keys: readonly string[]): Promise<void> {
  const known = new Set((await database.findBy(Sector, 'key', keys)).map(({ key }) => key));
  const unknown = keys.findIndex((key) => !known.has(key));
  if (unknown >= 0) throw new UnknownReferenceError('sector', keys[unknown]!, ['input', 'sectors', unknown]);
}

/** What a mutation of one case does. */
type CaseStep = Omit<Step<ClearinghouseCase, CaseFacts>, 'trigger' | 'kind'>;

/** A mutation of one case by a coordinator of the clearinghouse. @param prepare reads what the step needs */
function moving<Fields extends InputFields>(
  trigger: string,
  kind: string,
  description: string,
  further: Fields,
  prepare: (
    input: InputOf<Fields>,
    found: ClearinghouseCase,
    context: { readonly work: Work; readonly at: string },
  ) => CaseStep | Promise<CaseStep>,
): MutationSpec {
  return mutation({
    name: trigger,
    description,
    by: ['COORDINATOR'],
    input: { ...target, ...further },
    returns,
    async run(work, input) {
      const { id, expectedRevision, occurredAt } = input as unknown as InputOf<typeof target>;
      const cases = await Cases.open(work, [id]);
      const found = cases.find(id);
      const at = occurredAt ?? work.now;
      const step = found && (await prepare(input as unknown as InputOf<Fields>, found, { work, at }));
      cases.move({ id, expectedRevision, occurredAt }, () => ({ trigger, kind, ...step }));
      await cases.save();
      return id;
    },
  });
}

const acceptCase = moving(
  'acceptCase',
  'CASE_ACCEPTED',
  'Accepts a case for handling, once the vendor was contacted.',
  {
    vendorName: optional(textInput('Vendor of the affected software. Keeps the known one by default.')),
    vendorContactedAt: optional(dateTimeInput('Time the vendor was contacted. Not in the future.')),
    embargoUntil: optional(dateTimeInput('Time until which the flaw stays unpublished. In the future.')),
  },
  async (input, found, { work }) => {
    const { vendorContactedAt = null, embargoUntil } = input;
    if (vendorContactedAt !== null && vendorContactedAt > work.now)
      throw new InputError(`"vendorContactedAt" is in the future: it is ${work.now} now`, [
        'input',
        'vendorContactedAt',
      ]);
    if (embargoUntil !== null) requireFuture(work, embargoUntil);
    if (found.status === 'PENDING' && found.assignedCve !== null)
      refuseDuplicate(found.assignedCve, await handledCase(work, found.assignedCve, found.id), ['input', 'id']);
    return {
      facts: { vendorContactedAt },
      change(next) {
        next.vendorName = input.vendorName ?? next.vendorName;
        next.vendorContactedAt = vendorContactedAt;
        next.embargoUntil = embargoUntil ?? next.embargoUntil;
        next.handledCve = next.assignedCve;
      },
    };
  },
);

function requireFuture({ now }: Work, embargoUntil: string): void {
  if (embargoUntil <= now)
    throw new InputError(`"embargoUntil" has passed: it is ${now} now`, ['input', 'embargoUntil']);
}

/** Ends the handling of a case, so that another one may be about the same CVE id. */
const release = (next: ClearinghouseCase): void => {
  next.handledCve = null;
};

const declineCase = moving('declineCase', 'CASE_DECLINED', 'Declines a case.', { reason }, (input) => ({
  detail: input.reason,
  change: release,
}));

const validateCase = moving('validateCase', 'CASE_VALIDATED', 'Confirms the flaw of a case.', {}, () => ({}));

const dismissCase = moving(
  'dismissCase',
  'CASE_DISMISSED',
  'Dismisses a case because the report describes no flaw.',
  { reason },
  (input) => ({ detail: input.reason, change: release }),
);

const startPatch = moving(
  'startPatch',
  'PATCH_STARTED',
  'Records that the vendor develops a patch.',
  { vendorName: optional(textInput('Vendor of the affected software. Keeps the known one by default.')) },
  (input, found) => {
    const vendorName = input.vendorName ?? found.vendorName;
    return {
      facts: { vendorName },
      change(next) {
        next.vendorName = vendorName;
      },
    };
  },
);

const recordPatch = moving(
  'recordPatch',
  'PATCH_RELEASED',
  'Records that a patch is available, since "occurredAt".',
  {},
  (_input, _found, { at }) => ({
    change(next) {
      next.patchedAt = at;
    },
  }),
);

const publishCase = moving(
  'publishCase',
  'CASE_PUBLISHED',
  'Publishes a case: the government may read it from then on, but not the finding behind it or the affected systems.',
  { reason: optional(longTextInput('Reason to publish before the end of the embargo, or without a patch.')) },
  (input, { assignedCve, embargoUntil }, { at }) => ({
    facts: { assignedCve, embargoUntil, publishedAt: at, reason: input.reason },
    detail: input.reason,
    change(next) {
      next.publishedAt = at;
    },
  }),
);

const closeCase = moving('closeCase', 'CASE_CLOSED', 'Closes a case.', { reason: optional(reason) }, (input) => ({
  detail: input.reason,
}));

const setPriority = moving(
  'setPriority',
  'PRIORITY_SET',
  'Changes the priority of a case.',
  { priority: enumInput(() => CasePriority, 'New priority.'), reason: optional(reason) },
  (input, found) => ({
    detail: [`${input.priority}, before ${found.priority}.`, input.reason ?? ''].join(' ').trim(),
    change(next) {
      next.priority = input.priority;
    },
  }),
);

const extendEmbargo = moving(
  'extendEmbargo',
  'EMBARGO_EXTENDED',
  'Sets the embargo of a case, or extends it.',
  { embargoUntil: dateTimeInput('New end of the embargo. In the future, and later than the present one.'), reason },
  (input, found, { work }) => {
    requireFuture(work, input.embargoUntil);
    if (found.embargoUntil !== null && input.embargoUntil <= found.embargoUntil)
      throw new InputError(
        `"embargoUntil" is not later than the present end, ${found.embargoUntil}: an embargo is only extended`,
        ['input', 'embargoUntil'],
      );
    return {
      detail: `Until ${input.embargoUntil}, before ${found.embargoUntil ?? 'none'}. ${input.reason}`,
      change(next) {
        next.embargoUntil = input.embargoUntil;
      },
    };
  },
);

const assignCve = moving(
  'assignCve',
  'CVE_ASSIGNED',
  'Assigns a CVE id to the flaw of a case, or corrects it.',
  { cve: cveInput },
  async ({ cve }, found, { work }) => {
    const isHandled = found.status !== 'PENDING';
    if (isHandled) refuseDuplicate(cve, await handledCase(work, cve, found.id), ['input', 'cve']);
    const cveId = await cataloged(work, cve);
    return {
      detail: cve,
      change(next) {
        Object.assign(next, { assignedCve: cve, cveId, handledCve: isHandled ? cve : null });
      },
    };
  },
);

const mergeCases = mutation({
  name: 'mergeCases',
  description: 'Closes a case in favor of another about the same flaw, which takes its sectors and systems.',
  by: ['COORDINATOR'],
  input: { ...target, intoId: idInput('Id of the case that stays open.'), reason },
  returns,
  async run(work, { id, intoId, reason: detail, ...further }) {
    if (id === intoId)
      throw new InputError('A case cannot be merged into itself: name another one', ['input', 'intoId']);
    const cases = await Cases.open(work, [id, intoId]);
    const into = cases.find(intoId);
    const merged = cases.find(id);
    if (merged && !into) throw new NotFoundError(caseLifecycle.name, intoId, 'intoId');
    cases.move({ id, ...further }, () => ({
      trigger: 'mergeCases',
      kind: 'CASE_MERGED',
      detail,
      change: (next) => Object.assign(next, { mergedIntoId: intoId, handledCve: null }),
    }));
    cases.move({ id: intoId }, () => ({
      trigger: 'takeMergedCase',
      kind: 'CASE_MERGED',
      detail,
      actor: 'SYSTEM',
      change(next) {
        next.embargoUntil = laterOf(next.embargoUntil, merged!.embargoUntil);
      },
    }));
    await cases.save();
    for (const table of [CaseSector, CaseSystem]) {
      const links = await work.database.findBy(table, 'ownerKey', [id, intoId]);
      const present = new Set(links.filter(({ ownerKey }) => ownerKey === intoId).map(({ targetKey }) => targetKey));
      const added = links.filter(({ targetKey }) => !present.has(targetKey));
      await work.database.insert(
        table,
        added.map(({ targetKey }) => ({ ownerKey: intoId, targetKey })),
      );
    }
    return id;
  },
});

const laterOf = (one: string | null, other: string | null): string | null =>
  other !== null && (one === null || other > one) ? other : one;

const addAffectedSystems = bulk({
  name: 'addAffectedSystems',
  plural: 'addAffectedSystemsOfCases',
  description:
    'Adds federal systems to those that the flaw of a case affects. Agencies add their own systems to their cases.',
  by: ['COORDINATOR', 'CISO'],
  input: { ...target, systems: listInput(idInput('Id of a system.'), 'Ids of the systems.') },
  returns,
  async open(work, inputs) {
    const { database, actor, principal } = work;
    const ids = inputs.map(({ id }) => id);
    const cases = await Cases.open(work, ids);
    const keys = [...new Set(inputs.flatMap(({ systems }) => systems))];
    const known = new Set(
      (await database.findBy(FederalSystem, 'id', keys))
        .filter(({ agencyKey }) => actor === 'COORDINATOR' || agencyKey === principal.agency)
        .map(({ id }) => id),
    );
    const present = new Set((await database.findBy(CaseSystem, 'ownerKey', ids)).map(linkKey));
    const links: { ownerKey: string; targetKey: string }[] = [];
    return {
      apply(input) {
        const unknown = input.systems.findIndex((key) => !known.has(key));
        const path = ['input', 'systems'];
        if (unknown >= 0) throw new UnknownReferenceError('system', input.systems[unknown]!, [...path, unknown]);
        const added = input.systems
          .map((targetKey) => ({ ownerKey: input.id, targetKey }))
          .filter((link) => !present.has(linkKey(link)));
        if (added.length === 0) throw new InputError('The case has all of these systems already: name others', path);
        const changed = cases.move(input, () => ({
          trigger: 'addAffectedSystems',
          kind: 'SYSTEMS_AFFECTED',
        }));
        links.push(...added);
        return changed;
      },
      async save() {
        await cases.save();
        await database.insert(CaseSystem, links);
      },
    };
  },
});

const linkKey = ({ ownerKey, targetKey }: { ownerKey: string; targetKey: string }): string =>
  `${ownerKey} ${targetKey}`;

export const clearinghouseMutations = [
  openCase,
  acceptCase,
  declineCase,
  validateCase,
  dismissCase,
  startPatch,
  recordPatch,
  publishCase,
  closeCase,
  setPriority,
  extendEmbargo,
  assignCve,
  mergeCases,
  ...addAffectedSystems,
];
