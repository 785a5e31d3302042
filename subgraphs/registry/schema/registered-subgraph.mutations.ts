import { NotFoundError, RequestError, requireRevision } from '#base/errors';
import { CLASSES } from '#base/sensitivity';
import { expectedRevisionInput, listInput, objectInput, textInput, unchanged, urlInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { OwnerConsent } from './owner-consent';
import { consentInput, NOT_APPROVED, requireRegistered } from './owner-consent.mutations';
import { PartOwner } from './part-owner';
import { RegisteredSubgraph } from './registered-subgraph';
import { lastActivation } from './state';

const returns = ['subgraph', () => RegisteredSubgraph] as const;
const NAME = /^[a-z][a-z0-9_-]*$/;
const agencies = listInput(
  textInput('Key of an agency.', { max: 60, pattern: NAME }),
  'Keys of the agencies that own it.',
  {
    max: 10,
  },
);
const clearances = listInput(
  textInput('Sensitivity class.', { max: 20, pattern: new RegExp(`^(${CLASSES.join('|')})$`) }),
  `Classes of other subgraphs’ fields that it may be sent: ${CLASSES.join(', ')}.`,
);
const url = urlInput('Where gateways reach it.');

const registerSubgraph = mutation({
  name: 'registerSubgraph',
  description: 'Registers a subgraph: publishers of its agencies may publish its schema from then on.',
  by: ['OPERATOR'],
  input: { name: textInput('Name, in lower case.', { max: 60, pattern: NAME }), agencies, clearances, url },
  returns,
  async run({ database, now }, { name, ...values }) {
    const [known] = await database.findBy(RegisteredSubgraph, 'name', [name]);
    if (known) throw new RequestError('ALREADY_EXISTS', `The subgraph "${name}" is registered`, ['input', 'name']);
    await database.insert(RegisteredSubgraph, [
      Object.assign(new RegisteredSubgraph(), { name, ...values, registeredAt: now, revision: 1, exercise: false }),
    ]);
    return name;
  },
});

const changeRegisteredSubgraph = mutation({
  name: 'changeRegisteredSubgraph',
  description:
    'Changes the agencies, clearances, or address of a registered subgraph. Schemas are checked by the new ones.',
  by: ['OPERATOR'],
  input: {
    name: textInput('Name.', { max: 60 }),
    expectedRevision: expectedRevisionInput(),
    agencies: unchanged(agencies),
    clearances: unchanged(clearances),
    url: unchanged(url),
  },
  returns,
  async run({ database }, { name, expectedRevision, ...changes }) {
    const [subgraph] = await database.lockAll(RegisteredSubgraph, [name]);
    if (!subgraph) throw new NotFoundError('registered subgraph', name, 'name');
    requireRevision('registered subgraph', subgraph, expectedRevision);
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    await database.update(RegisteredSubgraph, name, { ...given, revision: subgraph.revision + 1 });
    return name;
  },
});

const assignPart = mutation({
  name: 'assignPart',
  description: 'Names the owner of a part of the graph that several subgraphs define.',
  by: ['OPERATOR'],
  input: {
    coordinate: textInput('Coordinate, such as `Type.field`; `*` for all without another owner.', {
      ...{ max: 200, pattern: /^(\*|[A-Za-z_]\w*(\.[A-Za-z_]\w*)?)$/ },
    }),
    owner: textInput('Name of the subgraph that owns it.', { max: 60 }),
  },
  returns,
  async run({ database }, { coordinate, owner }) {
    await requireRegistered(database, [owner], 'owner');
    await database.upsert(PartOwner, [
      Object.assign(new PartOwner(), { coordinate, ownerName: owner, exercise: false }),
    ]);
    return owner;
  },
});

const takeOverConsents = mutation({
  name: 'takeOverConsents',
  description:
    'Takes over the consents of a graph that was not in the registry, whose owners agreed elsewhere. Only before the first activation.',
  by: ['OPERATOR'],
  input: {
    consents: listInput(objectInput('ConsentInput', 'Consent of an owner.', consentInput), 'The consents.', {
      max: 500,
    }),
  },
  returns: ['consent', () => OwnerConsent],
  async run(work, { consents }) {
    const { database, now, principal } = work;
    if (await lastActivation(database))
      throw new RequestError(
        'PRECONDITION_FAILED',
        'A supergraph was activated: from then on, two persons of the owner approve each consent',
        [],
        { guard: 'NOT_ACTIVATED' },
      );
    if (consents.length === 0) throw new RequestError('BAD_USER_INPUT', '"consents" is empty', ['input', 'consents']);
    const rows: OwnerConsent[] = [];
    for (const { owner, actors, act, coordinates, reason, until } of consents) {
      await requireRegistered(database, [owner, ...actors], 'consents');
      rows.push(
        Object.assign(new OwnerConsent(), {
          ...{ id: work.newId('ocn'), ownerName: owner, actors, act, coordinates, reason, until, proposedAt: now },
          ...{ proposedBy: principal.subject, proposerAgency: principal.agency, ...NOT_APPROVED, grantedAt: now },
          ...{ revision: 1, exercise: false },
        }),
      );
    }
    await database.insert(OwnerConsent, rows);
    return rows[0]!.id;
  },
});

export const registeredSubgraphMutations = [registerSubgraph, changeRegisteredSubgraph, assignPart, takeOverConsents];
