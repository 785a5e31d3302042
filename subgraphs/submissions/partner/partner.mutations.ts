import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { SECTOR_KEYS } from '#domain/sector/sector-keys';
import {
  dateTimeInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  listInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { replaceLinks } from '#kit/mutation/replace-links';
import type { Work } from '#kit/mutation/work';
import { followPartners } from '../submission/planning';
import type { SubmissionEventKind } from '../submission/submission-event';
import { SubmissionFile } from '../submission/submission-file';
import { proposalLifecycle } from './lifecycle';
import { PartnerProposal } from './partner-proposal';
import { PartnerKind, TrustedPartner, TrustedPartnerSector } from './trusted-partner';

const registerPartner = mutation({
  name: 'registerPartner',
  description:
    'Registers an organization that may become a trusted partner. Developers and the intake office may do so; the list does not say who did.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    key: textInput('Short name in kebab case. It is permanent, because proposals refer to it.', {
      max: 60,
      pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
    }),
    name: textInput('Name of the organization.'),
    kind: enumInput(() => PartnerKind, 'Type of organization.'),
    sectors: optional(
      listInput(idInput('Key of a sector, such as "energy".'), 'Critical-infrastructure sectors in which it works.', {
        max: 30,
      }),
    ),
  },
  returns: ['partner', () => TrustedPartner],
  async run({ database }, { key, name, kind, sectors }) {
    if (await database.lock(TrustedPartner, key))
      throw new RequestError('ALREADY_EXISTS', `The partner "${key}" is already registered: propose it by this key`, [
        'input',
        'key',
      ]);
    sectors?.forEach((sector, place) => {
      if (!SECTOR_KEYS.has(sector)) throw new UnknownReferenceError('sector', sector, ['input', 'sectors', place]);
    });
    await database.insert(TrustedPartner, [{ key, name, kind, exercise: false }]);
    await replaceLinks(database, TrustedPartnerSector, key, sectors ?? []);
    return key;
  },
});

/** @throws InputError unless the time is in the future */
function requireAhead(accessFrom: string, now: string): void {
  if (accessFrom <= now)
    throw new InputError(`"accessFrom" is ${accessFrom}, which has passed: it is now ${now}`, ['input', 'accessFrom']);
}

const sideOf = ({ actor }: Work) => (actor === 'DEVELOPER' ? ('DEVELOPER' as const) : ('GOVERNMENT' as const));

const accessFromInput = dateTimeInput('Time from which the partner gets the model; in the future.');

const proposePartner = mutation({
  name: 'proposePartner',
  description:
    'Proposes a trusted partner for the model of a filed submission. The developer or, for the government, the intake office may propose. A proposal has no effect until the developer agrees.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    submissionId: idInput('Submission id.'),
    partnerKey: idInput('Key of the partner.'),
    accessFrom: optional(accessFromInput),
  },
  returns: ['proposal', () => PartnerProposal],
  async run(work, { submissionId, partnerKey, accessFrom }) {
    const { database, actor, now } = work;
    const file = await SubmissionFile.open(work, submissionId, 'submissionId');
    file.move('proposePartner', null);
    const [partner] = await database.findBy(TrustedPartner, 'key', [partnerKey]);
    if (!partner) throw new UnknownReferenceError('trusted partner', partnerKey, ['input', 'partnerKey']);
    if (accessFrom !== null) requireAhead(accessFrom, now);
    const proposals = await database.findBy(PartnerProposal, 'submissionId', [submissionId]);
    const open = proposals.find(
      (proposal) => proposal.partnerKey === partnerKey && ['PROPOSED', 'AGREED'].includes(proposal.status),
    );
    if (open)
      throw new RequestError('ALREADY_EXISTS', `Proposal ${open.id} of this partner is ${open.status}: use that one`, [
        'input',
        'partnerKey',
      ]);
    const id = work.newId('ppr');
    const proposedBy = sideOf(work);
    const status = proposalLifecycle.next(null, 'proposePartner', actor, { proposedBy, callerSide: proposedBy });
    await database.insert(PartnerProposal, [
      {
        id,
        submissionId,
        partnerKey,
        proposedBy,
        status,
        proposedAt: now,
        accessFrom,
        agreedAt: null,
        revision: 1,
        exercise: file.submission.exercise,
      },
    ]);
    file.happen({ kind: 'PARTNER_PROPOSED', actor, objectId: id, toState: status });
    await file.save({ changed: false });
    return id;
  },
});

const proposalInput = { id: idInput('Partner proposal id.'), expectedRevision: expectedRevisionInput() };

const openProposal = async (work: Work, { id, expectedRevision }: { id: string; expectedRevision: number }) => {
  const opened = await SubmissionFile.of(work, PartnerProposal, 'partner proposal', id, expectedRevision);
  return { file: opened.file, proposal: opened.object };
};

/** Fires a transition of a proposal, stores it with other changes, and lets the launch plan follow. */
async function moveProposal(
  work: Work,
  { file, proposal }: { file: SubmissionFile; proposal: PartnerProposal },
  trigger: string,
  kind: keyof typeof SubmissionEventKind,
  changes: Partial<PartnerProposal> = {},
): Promise<void> {
  const { id, status, proposedBy, revision } = proposal;
  const to = proposalLifecycle.next(status, trigger, work.actor, { proposedBy, callerSide: sideOf(work) });
  await work.database.update(PartnerProposal, id, { ...changes, status: to, revision: revision + 1 });
  file.happen({ kind, actor: work.actor, objectId: id, fromState: status, toState: to });
  const { planVersion } = file.submission;
  await followPartners(work, file);
  await file.save({ changed: file.submission.planVersion !== planVersion });
}

const agreeToPartner = mutation({
  name: 'agreeToPartner',
  description:
    'Records that you agree to a proposed partner, or changes when an agreed one gets the model. If your launch plan dates the release to trusted partners, it takes the earliest agreed time.',
  by: ['DEVELOPER'],
  input: { ...proposalInput, accessFrom: optional(accessFromInput) },
  returns: ['proposal', () => PartnerProposal],
  async run(work, { accessFrom: named, ...input }) {
    const opened = await openProposal(work, input);
    const { file, proposal } = opened;
    const facts = { proposedBy: proposal.proposedBy, callerSide: sideOf(work) };
    proposalLifecycle.next(proposal.status, 'agreeToPartner', work.actor, facts);
    file.move('agreeToPartner', null);
    const accessFrom = named ?? proposal.accessFrom;
    if (accessFrom === null)
      throw new InputError('The proposal names no time: give "accessFrom"', ['input', 'accessFrom']);
    requireAhead(accessFrom, work.now);
    const agreedAt = proposal.agreedAt ?? work.now;
    await moveProposal(work, opened, 'agreeToPartner', 'PARTNER_AGREED', { accessFrom, agreedAt });
    return input.id;
  },
});

const setPartnerAside = mutation({
  name: 'setPartnerAside',
  description: 'Records that you do not pursue a proposed or agreed partner. No reason is required.',
  by: ['DEVELOPER'],
  input: proposalInput,
  returns: ['proposal', () => PartnerProposal],
  async run(work, input) {
    await moveProposal(work, await openProposal(work, input), 'setPartnerAside', 'PARTNER_NOT_PURSUED');
    return input.id;
  },
});

const withdrawPartnerProposal = mutation({
  name: 'withdrawPartnerProposal',
  description: 'Withdraws a proposal of your own side that the developer has not agreed to.',
  by: ['DEVELOPER', 'INTAKE'],
  input: proposalInput,
  returns: ['proposal', () => PartnerProposal],
  async run(work, input) {
    const opened = await openProposal(work, input);
    await moveProposal(work, opened, 'withdrawPartnerProposal', 'PARTNER_PROPOSAL_WITHDRAWN');
    return input.id;
  },
});

/** Ends open proposals when the submission ends. */
export async function endProposals(work: Work, file: SubmissionFile): Promise<void> {
  const { database } = work;
  const proposals = await database.findBy(PartnerProposal, 'submissionId', [file.submission.id]);
  const open = proposals.filter(({ status }) => status === 'PROPOSED');
  for (const proposal of open) {
    const { status, proposedBy } = proposal;
    proposal.status = proposalLifecycle.next(status, 'submissionEnded', 'SYSTEM', {
      proposedBy,
      callerSide: proposedBy,
    });
    proposal.revision += 1;
    file.happen({
      kind: 'PARTNER_NOT_PURSUED',
      actor: 'SYSTEM',
      objectId: proposal.id,
      fromState: status,
      toState: proposal.status,
    });
  }
  await database.upsert(PartnerProposal, open);
}

export const partnerMutations = [
  registerPartner,
  proposePartner,
  agreeToPartner,
  setPartnerAside,
  withdrawPartnerProposal,
];
