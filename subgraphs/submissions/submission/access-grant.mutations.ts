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
import { AccessGrant, AccessMode } from './access-grant';
import { isLive } from './access-ledger';
import { grantLifecycle } from './lifecycle';
import { SubmissionFile, sharedWith } from './submission-file';

/** Opens the file of a grant, for the developer or the agency that it is for. */
async function openGrant(work: Work, id: string, expectedRevision: number) {
  const { actor, principal } = work;
  const mayKnow = ({ agencyKey }: AccessGrant) => actor !== 'AGENCY' || agencyKey === principal.agency;
  const { file } = await SubmissionFile.of(work, AccessGrant, 'grant', id, expectedRevision, mayKnow);
  // the one of the file: time may have moved it on, which makes the caller's revision stale
  const grant = file.access.grants.find((one) => one.id === id)!;
  requireRevision('grant', grant, expectedRevision);
  return { file, grant };
}

const grantInput = { id: idInput('The grant of access.'), expectedRevision: expectedRevisionInput() };

const offerAccess = mutation({
  name: 'offerAccess',
  description: 'Offers an agency access to the model. The agency has it once it accepts, inside the window.',
  by: ['DEVELOPER'],
  input: {
    submissionId: idInput('The submission.'),
    agencyKey: idInput('The agency, such as "nsa".'),
    mode: enumInput(() => AccessMode, 'How it reaches the model.'),
    terms: optional(longTextInput('Under which terms.')),
    startsAt: optional(dateTimeInput('From when; the opening of the window, or now, when left out.')),
    endsAt: optional(
      dateTimeInput(
        'Until when; when left out until the launch, wherever it moves. Needed with consent beyond launch.',
      ),
    ),
    postLaunchConsent: optional(booleanInput('Whether you consent to access after the launch. No, when left out.')),
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
      throw new InputError('The model is launched: access goes on only with your consent, so set "postLaunchConsent"', [
        'input',
        'postLaunchConsent',
      ]);
    if (consent && input.endsAt === null)
      throw new InputError('Say until when you consent to access: "endsAt"', ['input', 'endsAt']);
    const { windowOpensAt, windowClosesAt } = submission;
    const earliestStart = launched || work.now > windowOpensAt ? work.now : windowOpensAt;
    const startsAt = input.startsAt ?? earliestStart;
    if (!launched && (startsAt < windowOpensAt || startsAt >= windowClosesAt))
      throw new InputError(
        `Access begins inside the window, from ${windowOpensAt} and before ${windowClosesAt}; "startsAt" is ${startsAt}`,
        ['input', 'startsAt'],
      );
    const endsAt = input.endsAt ?? windowClosesAt;
    if (endsAt <= startsAt) throw new InputError(`"endsAt" must come after ${startsAt}`, ['input', 'endsAt']);
    if (!consent && endsAt > windowClosesAt)
      throw new InputError(
        `Without consent to access after the launch it ends by the planned launch, ${windowClosesAt}`,
        ['input', 'endsAt'],
      );
    const open = file.access.grants.find((one) => one.agencyKey === input.agencyKey && isLive(one));
    if (open)
      throw new GuardError(
        'offerAccess',
        'oneGrantAnAgency',
        `${input.agencyKey} has grant ${open.id} already, which is ${open.recordedStatus}; revoke it first`,
        ['input', 'agencyKey'],
      );
    const grant = Object.assign(new AccessGrant(), {
      id: work.newId('grt'),
      submissionId: submission.id,
      agencyKey: input.agencyKey,
      mode: input.mode,
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

/** A mutation that takes a grant to the state that the trigger of its name leads to. */
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
  'Accepts the terms of an offer: the agency has access from now on.',
  (acceptedAt) => ({ acceptedAt }),
);

const declineAccess = moveGrant(
  'declineAccess',
  'AGENCY',
  'Does not take an offer of access. An agency may still decide on documents.',
);

const pauseAccess = moveGrant('pauseAccess', 'DEVELOPER', 'Lets access rest until the developer resumes it.');

const resumeAccess = moveGrant(
  'resumeAccess',
  'DEVELOPER',
  'Lets access that rests go on, inside the window or with consent to access after the launch.',
);

const revokeAccess = moveGrant(
  'revokeAccess',
  'DEVELOPER',
  'Takes access, or an offer of it, back. It needs no reason.',
  (revokedAt) => ({ revokedAt, revokedBy: 'DEVELOPER' }),
);

const consentToPostLaunchAccess = mutation({
  name: 'consentToPostLaunchAccess',
  description: 'Consents to access after the launch, up to an instant. Without it access rests at the planned launch.',
  by: ['DEVELOPER'],
  input: { ...grantInput, endsAt: dateTimeInput('Until when.') },
  returns: ['grant', () => AccessGrant],
  async run(work, { id, expectedRevision, endsAt }) {
    const { file, grant } = await openGrant(work, id, expectedRevision);
    if (!isLive(grant))
      throw new GuardError(
        'consentToPostLaunchAccess',
        'grantIsOpen',
        `The grant is ${grant.recordedStatus}; offer a new one`,
      );
    if (endsAt <= work.now || endsAt <= grant.startsAt)
      throw new InputError('"endsAt" must lie in the future, after the access begins', ['input', 'endsAt']);
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
