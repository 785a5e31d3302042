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

const country = textInput('Country of its seat, ISO 3166-1 alpha-2, such as "US".', { max: 2, pattern: /^[A-Z]{2}$/ });

const registerOrganization = mutation({
  name: 'registerOrganization',
  description: 'Registers a developer organization: by itself, or by the intake office.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    key: textInput('Short name in kebab case, for good: other objects refer to it.', {
      max: 60,
      pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
    }),
    legalName: textInput('Name of the organization.'),
    country: optional(country),
    category: enumInput(() => DeveloperCategory, 'What kind of organization it is.'),
    pointOfContact: optional(textInput('Office that speaks for it; name no person.')),
    alsoKnownAs: optional(listInput(textInput('A name.'), 'Other names it is known by.')),
  },
  returns: ['organization', () => DeveloperOrganization],
  async run({ database, actor, principal }, { key, alsoKnownAs, ...input }) {
    if (actor === 'DEVELOPER' && principal.organization !== key)
      throw new ForbiddenError(`registerOrganization of "${key}"`, ['INTAKE'], 'DEVELOPER');
    if (await database.lock(DeveloperOrganization, key))
      throw new RequestError('ALREADY_EXISTS', `The organization "${key}" is registered already`, ['input', 'key']);
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
  description: 'Changes what an organization says of itself.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    key: idInput('The organization.'),
    expectedRevision: expectedRevisionInput(),
    legalName: unchanged(textInput('Name of the organization.')),
    country: unchanged(country),
    pointOfContact: unchanged(textInput('Office that speaks for it; name no person.')),
  },
  returns: ['organization', () => DeveloperOrganization],
  async run({ database, actor, principal }, { key, expectedRevision, ...changes }) {
    const organization = await database.lock(DeveloperOrganization, key);
    if (!organization || (actor === 'DEVELOPER' && principal.organization !== key))
      throw new NotFoundError('organization', key, 'key');
    requireRevision('organization', organization, expectedRevision);
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    await database.update(DeveloperOrganization, key, { ...given, revision: expectedRevision + 1 });
    return key;
  },
});

const recordAgreement = mutation({
  name: 'recordAgreement',
  description: "Records where an organization's agreement with the government stands. Filing needs none.",
  by: ['INTAKE'],
  input: {
    key: idInput('The organization.'),
    expectedRevision: expectedRevisionInput(),
    status: enumInput(() => AgreementStatus, 'Where the agreement stands.'),
    reference: optional(textInput('Reference of the agreement.', { max: 80 })),
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
