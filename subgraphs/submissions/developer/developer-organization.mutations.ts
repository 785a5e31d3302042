import { NotFoundError, RequestError, requireRevision } from '#base/errors';
import {
  enumInput,
  expectedRevisionInput,
  idInput,
  listInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { ForbiddenError } from '#kit/state/state-machine';
import { AgreementStatus, DeveloperCategory, DeveloperOrganization } from './developer-organization';

const country = textInput('Country of the head office, ISO 3166-1 alpha-2, such as "US".', {
  max: 2,
  pattern: /^[A-Z]{2}$/,
});

const registerOrganization = mutation({
  name: 'registerOrganization',
  description: 'Registers a developer organization. The organization itself or the intake office may do so.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    key: textInput('Short name in kebab case. It is permanent, because other objects refer to it.', {
      max: 60,
      pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
    }),
    legalName: textInput('Legal name.'),
    country: optional(country),
    category: enumInput(() => DeveloperCategory, 'Type of organization.'),
    pointOfContact: optional(textInput('Office to contact; do not name a person.')),
    alsoKnownAs: optional(
      listInput(textInput('Alternative name.'), 'Other names that sources use for the organization.'),
    ),
  },
  returns: ['organization', () => DeveloperOrganization],
  async run({ database, actor, principal }, { key, alsoKnownAs, ...input }) {
    if (actor === 'DEVELOPER' && principal.organization !== key)
      throw new ForbiddenError(`registerOrganization of "${key}"`, ['INTAKE'], 'DEVELOPER');
    if (await database.lock(DeveloperOrganization, key))
      throw new RequestError(
        'ALREADY_EXISTS',
        `The organization "${key}" is already registered: use updateOrganization`,
        ['input', 'key'],
      );
    await database.insert(DeveloperOrganization, [
      {
        ...input,
        key,
        kevVendorNames: [],
        alsoKnownAs: alsoKnownAs ?? [],
        agreementStatus: 'NONE',
        agreementRef: null,
        revision: 1,
        exercise: false,
      },
    ]);
    return key;
  },
});

const updateOrganization = mutation({
  name: 'updateOrganization',
  description: 'Updates the name, country, or contact of an organization.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    key: idInput('Organization key.'),
    expectedRevision: expectedRevisionInput(),
    legalName: unchanged(textInput('Legal name.')),
    country: unchanged(country),
    pointOfContact: unchanged(textInput('Office to contact; do not name a person.')),
  },
  returns: ['organization', () => DeveloperOrganization],
  async run({ database, actor, principal }, { key, expectedRevision, ...changes }) {
    const organization = await database.lock(DeveloperOrganization, key);
    if (!organization || (actor === 'DEVELOPER' && principal.organization !== key))
      throw new NotFoundError('organization', key, 'key');
    requireRevision('organization', organization, expectedRevision);
    const changed = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    await database.update(DeveloperOrganization, key, { ...changed, revision: expectedRevision + 1 });
    return key;
  },
});

const recordAgreement = mutation({
  name: 'recordAgreement',
  description: "Records the status of an organization's agreement with the government. Filing requires no agreement.",
  by: ['INTAKE'],
  input: {
    key: idInput('Organization key.'),
    expectedRevision: expectedRevisionInput(),
    status: enumInput(() => AgreementStatus, 'Status of the agreement.'),
    reference: optional(textInput('Reference number of the agreement.', { max: 80 })),
  },
  returns: ['organization', () => DeveloperOrganization],
  async run({ database }, { key, expectedRevision, status, reference }) {
    const organization = await database.lock(DeveloperOrganization, key);
    if (!organization) throw new NotFoundError('organization', key, 'key');
    requireRevision('organization', organization, expectedRevision);
    await database.update(DeveloperOrganization, key, {
      agreementStatus: status,
      agreementRef: reference,
      revision: expectedRevision + 1,
    });
    return key;
  },
});

export const organizationMutations = [registerOrganization, updateOrganization, recordAgreement];
