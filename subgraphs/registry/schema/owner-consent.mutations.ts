import { NotFoundError, RequestError, requireRevision, UnknownReferenceError } from '#base/errors';
import { personKey } from '#base/identity/principal';
import type { Database } from '#kit/database/database';
import {
  dateInput,
  expectedRevisionInput,
  idInput,
  listInput,
  longTextInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { IllegalTransitionError } from '#kit/state/state-machine';
import { ConsentStatus, OwnerConsent } from './owner-consent';
import { isOf } from './publishers';
import { RegisteredSubgraph } from './registered-subgraph';

const returns = ['consent', () => OwnerConsent] as const;
const COORDINATE = /^[A-Za-z_][\w]*(\.[A-Za-z_][\w]*(\([A-Za-z_][\w]*:\))?)?$/;

export const consentInput = {
  owner: textInput('Name of the subgraph that owns the parts.', { max: 60 }),
  actors: listInput(textInput('Name of a subgraph.', { max: 60 }), 'Names of the subgraphs that may act.', { max: 50 }),
  act: textInput('What they may do, such as SHARE.', { max: 40, pattern: /^[A-Z_]+$/ }),
  coordinates: listInput(
    textInput('Coordinate.', { max: 200, pattern: COORDINATE }),
    'Coordinates of the parts: `Type`, `Type.field`, or `Type.field(argument:)`.',
    { max: 200 },
  ),
  reason: longTextInput('Why.'),
  until: optional(dateInput('Last day on which it holds, in UTC; without it, it has no end.')),
};

const proposeConsent = mutation({
  name: 'proposeConsent',
  description: 'Proposes a consent to an owner. It allows nothing until two persons of the owner have approved it.',
  by: ['PUBLISHER', 'OPERATOR'],
  input: consentInput,
  returns,
  async run(work, { owner, actors, act, coordinates, reason, until }) {
    const { database, now, principal } = work;
    await requireRegistered(database, [owner], 'owner');
    await requireRegistered(database, actors, 'actors');
    await requireFewProposals(database, owner);
    const id = work.newId('ocn');
    await database.insert(OwnerConsent, [
      Object.assign(new OwnerConsent(), {
        ...{ id, ownerName: owner, actors, act, coordinates, reason, until, proposedAt: now },
        ...{ proposedBy: principal.subject, ...NOT_APPROVED, revision: 1, exercise: false },
      }),
    ]);
    return id;
  },
});

/** Maximum consents that wait for an owner. */
const MAX_PROPOSED = 100;

/** @throws RequestError if too many proposals wait for an owner */
async function requireFewProposals(database: Database, owner: string): Promise<void> {
  const [row] = await database.query<{ n: number | string }>(
    `SELECT COUNT(*) AS n FROM ${database.table(OwnerConsent)} WHERE owner_name = ? AND granted_at IS NULL AND withdrawn_at IS NULL`,
    [owner],
  );
  if (Number(row!.n) >= MAX_PROPOSED)
    throw new RequestError(
      'PRECONDITION_FAILED',
      `${MAX_PROPOSED} proposed consents wait for "${owner}": its publishers approve or withdraw them first`,
      [],
      { guard: 'FEW_PROPOSALS', limit: MAX_PROPOSED },
    );
}

/** A consent before any approval. */
export const NOT_APPROVED = {
  ...{ firstApprovedAt: null, firstApprovedBy: null, firstApproverKey: null },
  ...{ grantedAt: null, secondApprovedBy: null, withdrawnAt: null, withdrawnBy: null },
};

const change = { id: idInput('Id of the consent.'), expectedRevision: expectedRevisionInput() };

const approveConsent = mutation({
  name: 'approveConsent',
  description:
    'Approves a proposed consent, as a publisher of an agency that owns the parts. It holds once two persons have approved it.',
  by: ['PUBLISHER'],
  input: change,
  returns,
  async run(work, { id, expectedRevision }) {
    const { database, now, principal } = work;
    const consent = await consentOfOwner(work, id, expectedRevision);
    const status = consent.status();
    if (status !== ConsentStatus.PROPOSED)
      throw new IllegalTransitionError('consent', status, 'approveConsent', [ConsentStatus.PROPOSED]);
    const person = personKey(principal);
    if (consent.firstApproverKey === person)
      throw new RequestError('PRECONDITION_FAILED', 'Another person must approve the consent, too', [], {
        guard: 'SECOND_PERSON',
      });
    const approval =
      consent.firstApproverKey === null
        ? { firstApprovedAt: now, firstApprovedBy: principal.subject, firstApproverKey: person }
        : { grantedAt: now, secondApprovedBy: principal.subject };
    await save(database, consent, approval);
    return id;
  },
});

const withdrawConsent = mutation({
  name: 'withdrawConsent',
  description:
    'Withdraws a consent, as a publisher of an agency that owns the parts. Nothing that needs it can be published or activated from then on.',
  by: ['PUBLISHER'],
  input: change,
  returns,
  async run(work, { id, expectedRevision }) {
    const { database, now, principal } = work;
    const consent = await consentOfOwner(work, id, expectedRevision);
    if (consent.withdrawnAt !== null)
      throw new IllegalTransitionError('consent', ConsentStatus.WITHDRAWN, 'withdrawConsent', [
        ...[ConsentStatus.PROPOSED, ConsentStatus.GRANTED],
      ]);
    await save(database, consent, { withdrawnAt: now, withdrawnBy: principal.subject });
    return id;
  },
});

/** The consent of an owner for whose agency the caller acts. @throws RequestError */
async function consentOfOwner(
  { database, principal }: Work,
  id: string,
  expectedRevision: number,
): Promise<OwnerConsent> {
  const [consent] = await database.lockAll(OwnerConsent, [id]);
  if (!consent) throw new NotFoundError('consent', id, 'id');
  const [owner] = await database.findBy(RegisteredSubgraph, 'name', [consent.ownerName]);
  if (!owner || !isOf(owner, principal))
    throw new RequestError(
      'FORBIDDEN',
      `The subgraph "${consent.ownerName}" belongs to ${owner?.agencies.join(' and ') || 'no agency'}: its publishers decide`,
    );
  requireRevision('consent', consent, expectedRevision);
  return consent;
}

const save = (database: Database, consent: OwnerConsent, changes: Partial<OwnerConsent>): Promise<void> =>
  database.update(OwnerConsent, consent.id, { ...changes, revision: consent.revision + 1 });

/** @throws UnknownReferenceError for a subgraph that is not registered */
export async function requireRegistered(database: Database, names: readonly string[], field: string): Promise<void> {
  const found = await database.findBy(RegisteredSubgraph, 'name', names);
  const missing = names.find((name) => !found.some((subgraph) => subgraph.name === name));
  if (missing !== undefined) throw new UnknownReferenceError('registered subgraph', missing, ['input', field]);
}

export const ownerConsentMutations = [proposeConsent, approveConsent, withdrawConsent];
