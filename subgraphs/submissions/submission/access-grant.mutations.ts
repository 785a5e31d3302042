import { InputError, requireRevision, UnknownReferenceError } from '#base/errors';
import type { Actor } from '#domain/actor';

import {
  booleanInput,
  dateTimeInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  longTextInput,
  optional,
} from '#kit/mutation/input';
import { type MutationSpec, mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { GuardError } from '#kit/state/state-machine';
import { AccessBasis, AccessGrant, AccessMode } from './access-grant';
import { isLive } from './access-ledger';
import { grantLifecycle } from './lifecycle';
import { SubmissionFile, sharedWith } from './submission-file';

/** Opens the submission file of a grant, for the developer or for the grant's agency. */
async function openGrant(work: Work, id: string, expectedRevision: number) {
  const { actor, principal } = work;
  const mayKnow = ({ agencyKey }: AccessGrant) => actor !== 'AGENCY' || agencyKey === principal.agency;
  const { file } = await SubmissionFile.of(work, AccessGrant, 'grant', id, expectedRevision, mayKnow);
  // use the file's grant: opening the file may have advanced its state, which makes the caller's revision stale
  const grant = file.access.grants.find((candidate) => candidate.id === id)!;
  requireRevision('grant', grant, expectedRevision);
  return { file, grant };
}

const grantInput = { id: idInput('Access grant id.'), expectedRevision: expectedRevisionInput() };

const offerAccess = mutation({
  name: 'offerAccess',
  description: 'Offers an agency access to the model. Access starts once the agency accepts, inside the window.',
  by: ['DEVELOPER'],
  input: {
    submissionId: idInput('Submission id.'),
    agencyKey: idInput('Key of the agency, such as "nsa".'),
    mode: enumInput(() => AccessMode, 'Way in which the agency uses the model.'),
    basis: optional(enumInput(() => AccessBasis, 'Basis of the access; the order by default.')),
    terms: optional(longTextInput('Terms of access.')),
    startsAt: optional(
      dateTimeInput('Start of access. Defaults to the opening of the window, or to now if it is open.'),
    ),
    endsAt: optional(
      dateTimeInput(
        'End of access. Defaults to the launch, even if it moves. Required with consent to access after launch.',
      ),
    ),
    postLaunchConsent: optional(booleanInput('Whether you consent to access after launch; false by default.')),
  },
  returns: ['grant', () => AccessGrant],
  async run(work, input) {
    const file = await SubmissionFile.open(work, input.submissionId, 'submissionId');
    file.move('offerAccess', null);
    const { submission } = file;
    if (!(await sharedWith(work, submission)).includes(input.agencyKey))
      throw new UnknownReferenceError('agency that this submission is shared with', input.agencyKey, [
        'input',
        'agencyKey',
      ]);
    const consent = input.postLaunchConsent ?? false;
    const launched = submission.launchedAt !== null;
    if (launched && !consent)
      throw new InputError('The model has launched: set "postLaunchConsent" to offer access after launch', [
        'input',
        'postLaunchConsent',
      ]);
    if (consent && input.endsAt === null)
      throw new InputError('"endsAt" is required with "postLaunchConsent": give the end of access', [
        'input',
        'endsAt',
      ]);
    const { windowOpensAt, windowClosesAt } = submission;
    const earliestStart = launched || work.now > windowOpensAt ? work.now : windowOpensAt;
    const startsAt = input.startsAt ?? earliestStart;
    if (!launched && (startsAt < windowOpensAt || startsAt >= windowClosesAt))
      throw new InputError(
        `"startsAt" is ${startsAt}, outside the window: choose a time from ${windowOpensAt} and before ${windowClosesAt}`,
        ['input', 'startsAt'],
      );
    const endsAt = input.endsAt ?? windowClosesAt;
    if (endsAt <= startsAt)
      throw new InputError(`"endsAt" is ${endsAt}: choose a time after ${startsAt}`, ['input', 'endsAt']);
    if (!consent && endsAt > windowClosesAt)
      throw new InputError(
        `"endsAt" is ${endsAt}, after the planned launch: choose ${windowClosesAt} or earlier, or set "postLaunchConsent"`,
        ['input', 'endsAt'],
      );
    const open = file.access.grants.find((candidate) => candidate.agencyKey === input.agencyKey && isLive(candidate));
    if (open)
      throw new GuardError(
        'offerAccess',
        'oneGrantAnAgency',
        `${input.agencyKey} already has grant ${open.id}, which is ${open.recordedStatus}: revoke it first`,
        ['input', 'agencyKey'],
      );
    const grant = Object.assign(new AccessGrant(), {
      id: work.newId('grt'),
      submissionId: submission.id,
      agencyKey: input.agencyKey,
      mode: input.mode,
      basis: input.basis ?? 'ORDER',
      terms: input.terms,
      startsAt,
      endsAt,
      startsAtOpening: input.startsAt === null,
      endsAtLaunch: input.endsAt === null,
      recordedStatus: grantLifecycle.next(null, 'offerAccess', work.actor, {} as never),
      pausedBy: null,
      statusUntil: null,
      statusThen: null,
      postLaunchConsent: consent,
      consentRecordedAt: consent ? work.now : null,
      offeredAt: work.now,
      acceptedAt: null,
      revokedAt: null,
      revokedBy: null,
      revision: 1,
      exercise: submission.exercise,
    });
    file.access.add(grant);
    file.happen({
      kind: 'ACCESS_OFFERED',
      actor: work.actor,
      agencyKey: grant.agencyKey,
      objectId: grant.id,
      toState: 'OFFERED',
    });
    await file.save({ changed: false });
    return grant.id;
  },
});

/** Mutation that fires the grant transition of the same name. */
function moveGrant(
  name: string,
  by: Actor,
  description: string,
  note: (now: string) => Partial<AccessGrant> = () => ({}),
): MutationSpec {
  return mutation({
    name,
    description,
    by: [by],
    input: grantInput,
    returns: ['grant', () => AccessGrant],
    async run(work, { id, expectedRevision }) {
      const { file, grant } = await openGrant(work, id, expectedRevision);
      file.access.move(grant, name);
      Object.assign(grant, note(work.now));
      await file.save({ changed: false });
      return id;
    },
  });
}

const acceptAccess = moveGrant(
  'acceptAccess',
  'AGENCY',
  'Accepts an offer of access and its terms. Access starts at once.',
  (acceptedAt) => ({ acceptedAt }),
);

const declineAccess = moveGrant(
  'declineAccess',
  'AGENCY',
  'Declines an offer of access. The agency may still issue a determination based on documents.',
);

const pauseAccess = moveGrant('pauseAccess', 'DEVELOPER', 'Pauses access until the developer resumes it.');

const resumeAccess = moveGrant(
  'resumeAccess',
  'DEVELOPER',
  'Resumes paused access, inside the window or with consent to access after launch.',
);

const revokeAccess = moveGrant(
  'revokeAccess',
  'DEVELOPER',
  'Revokes access or rescinds an offer. No reason is required.',
  (revokedAt) => ({ revokedAt, revokedBy: 'DEVELOPER' }),
);

const consentToPostLaunchAccess = mutation({
  name: 'consentToPostLaunchAccess',
  description:
    'Consents to access after launch, up to a given time. Without consent, access pauses at the planned launch.',
  by: ['DEVELOPER'],
  input: { ...grantInput, endsAt: dateTimeInput('End of access.') },
  returns: ['grant', () => AccessGrant],
  async run(work, { id, expectedRevision, endsAt }) {
    const { file, grant } = await openGrant(work, id, expectedRevision);
    if (!isLive(grant))
      throw new GuardError(
        'consentToPostLaunchAccess',
        'grantIsOpen',
        `The grant is ${grant.recordedStatus}: offer a new one`,
      );
    if (endsAt <= work.now || endsAt <= grant.startsAt)
      throw new InputError(`"endsAt" is ${endsAt}: choose a time in the future and after the start of access`, [
        'input',
        'endsAt',
      ]);
    Object.assign(grant, {
      postLaunchConsent: true,
      consentRecordedAt: work.now,
      endsAt,
      endsAtLaunch: false,
      revision: grant.revision + 1,
    });
    file.access.touch(grant);
    file.happen({
      kind: 'ACCESS_CONSENTED',
      actor: work.actor,
      agencyKey: grant.agencyKey,
      objectId: grant.id,
      detail: `Until ${endsAt}`,
    });
    await file.save({ changed: false });
    return id;
  },
});

export const accessMutations = [
  offerAccess,
  acceptAccess,
  declineAccess,
  pauseAccess,
  resumeAccess,
  revokeAccess,
  consentToPostLaunchAccess,
];
