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
/** The acts of docs/agency-schemas.md. */
const ACTS =
  /^(OVERRIDE|SHARE|PROVIDE|REQUIRE|COARSEN|HIDE|TAG|AUTHORIZE|COST|DEPRECATE|KEY|NODE|INTERFACE_OBJECT|EXTEND|CHANGE)$/;
const COORDINATE = /^[A-Za-z_][\w]*(\.[A-Za-z_][\w]*(\([A-Za-z_][\w]*:\))?)?$/;

export const consentInput = {
  owner: textInput('Name of the subgraph that owns the parts.', { max: 60 }),
  actors: listInput(textInput('Name of a subgraph.', { max: 60 }), 'Names of the subgraphs that may act.', { max: 50 }),
  act: textInput('What they may do, such as SHARE.', { max: 40, pattern: ACTS }),
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
    await requireFewProposals(work, owner);
    const id = work.newId('ocn');
    await database.insert(OwnerConsent, [
      Object.assign(new OwnerConsent(), {
        ...{ id, ownerName: owner, actors, act, coordinates, reason, until, proposedAt: now },
        ...{ proposedBy: principal.subject, proposerAgency: principal.agency, ...NOT_APPROVED, revision: 1 },
        exercise: false,
      }),
    ]);
    return id;
  },
});

/** Maximum consents of one agency that wait for an owner. */
const MAX_PROPOSED = 100;

/** @throws RequestError if too many proposals wait for an owner */
async function requireFewProposals({ database, principal }: Work, owner: string): Promise<void> {
  const [row] = await database.query<{ n: number | string }>(
    `SELECT COUNT(*) AS n FROM ${database.table(OwnerConsent)} WHERE owner_name = ? AND granted_at IS NULL AND withdrawn_at IS NULL
     AND COALESCE(proposer_agency, '') = ?`,
    [owner, principal.agency ?? ''],
  );
  if (Number(row!.n) >= MAX_PROPOSED)
    throw new RequestError(
      'PRECONDITION_FAILED',
      `${MAX_PROPOSED} consents that your agency proposed wait for "${owner}": its publishers decide about them first`,
      [],
      { guard: 'FEW_PROPOSALS', limit: MAX_PROPOSED },
    );
}

/** A consent before any approval. */
export const NOT_APPROVED = {
  ...{ firstApprovedAt: null, firstApprovedBy: null, firstApproverKey: null, firstApproverAgency: null },
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
    // the approval of a person whose agency no longer owns the parts counts for nothing
    const isFirst =
      consent.firstApproverAgency === null || !(await owns(database, consent, consent.firstApproverAgency));
    const approval = isFirst
      ? {
          ...{ firstApprovedAt: now, firstApprovedBy: principal.subject, firstApproverKey: person },
          firstApproverAgency: principal.agency,
        }
      : { grantedAt: now, secondApprovedBy: principal.subject };
    await save(database, consent, approval);
    return id;
  },
});

const withdrawConsent = mutation({
  name: 'withdrawConsent',
  description:
    'Withdraws a consent, as a publisher of an agency that owns the parts. What is served stays; the next schema of each subgraph that acts must do without it.',
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
  if (!owner || owner.exercise || !isOf(owner, principal))
    throw new RequestError(
      'FORBIDDEN',
      `The subgraph "${consent.ownerName}" belongs to ${owner?.agencies.join(' and ') || 'no agency'}: its publishers decide`,
    );
  requireRevision('consent', consent, expectedRevision);
  return consent;
}

const owns = async (database: Database, { ownerName }: OwnerConsent, agency: string): Promise<boolean> => {
  const [owner] = await database.findBy(RegisteredSubgraph, 'name', [ownerName]);
  return owner?.agencies.includes(agency) ?? false;
};

const save = (database: Database, consent: OwnerConsent, changes: Partial<OwnerConsent>): Promise<void> =>
  database.update(OwnerConsent, consent.id, { ...changes, revision: consent.revision + 1 });

/** @throws UnknownReferenceError for a subgraph that is not registered */
export async function requireRegistered(database: Database, names: readonly string[], field: string): Promise<void> {
  const found = (await database.findBy(RegisteredSubgraph, 'name', names)).filter(({ exercise }) => !exercise);
  const missing = names.find((name) => !found.some((subgraph) => subgraph.name === name));
  if (missing !== undefined) throw new UnknownReferenceError('registered subgraph', missing, ['input', field]);
}

export const ownerConsentMutations = [proposeConsent, approveConsent, withdrawConsent];
