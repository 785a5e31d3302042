import { InputError, NotFoundError, RequestError } from '#base/errors';
import {
  bigNumberInput,
  booleanInput,
  dateTimeInput,
  enumInput,
  idInput,
  listInput,
  optional,
  sha256Input,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { DeveloperOrganization } from '../developer/developer-organization';
import { AIModel, Modality } from './ai-model';
import { ModelVersion, SafeguardsLevel } from './model-version';

/** Model of the caller's organization. @throws NotFoundError also for models of other organizations, so that their ids stay secret */
export async function ownModel({ database, principal }: Work, id: string, field: string): Promise<AIModel> {
  const [model] = await database.findBy(AIModel, 'id', [id]);
  if (!model || model.developerKey !== principal.organization) throw new NotFoundError('model', id, field);
  return model;
}

const registerModel = mutation({
  name: 'registerModel',
  description: 'Registers a model under a codename. A public name is not required before launch.',
  by: ['DEVELOPER'],
  input: {
    codename: textInput('Codename, different from the planned public name.'),
    family: optional(textInput('Model family.')),
    modalities: listInput(
      enumInput(() => Modality, 'Kind of input or output.'),
      'Kinds of input and output the model supports.',
    ),
    parameterCount: optional(bigNumberInput('Number of parameters.')),
    trainingComputeFlop: optional(bigNumberInput('Training compute, in floating-point operations.')),
    weightsOpen: optional(booleanInput('Whether the weights will be published.')),
  },
  returns: ['model', () => AIModel],
  async run(work, input) {
    const { database, principal } = work;
    const [organization] = await database.findBy(DeveloperOrganization, 'key', [principal.organization]);
    if (!organization)
      throw new RequestError(
        'UNKNOWN_REFERENCE',
        `No organization has the key "${principal.organization}": register it with registerOrganization`,
      );
    const id = work.newId('mdl');
    await database.insert(AIModel, [
      {
        ...input,
        id,
        developerKey: organization.key,
        organizations: [organization.legalName],
        publicName: null,
        domains: [],
        frontier: false,
        releaseStatus: 'UNRELEASED',
        releasedOn: null,
        knownPublicSource: null,
        revision: 1,
        exercise: organization.exercise,
      },
    ]);
    return id;
  },
});

const registerModelVersion = mutation({
  name: 'registerModelVersion',
  description: 'Registers a fixed version of a model, usually the checkpoint shared with agencies.',
  by: ['DEVELOPER'],
  input: {
    modelId: idInput('Model id.'),
    label: textInput('Version label, such as "release candidate 2".'),
    checkpointHash: optional(sha256Input('SHA-256 digest of the checkpoint. The weights stay with the developer.')),
    frozenAt: optional(dateTimeInput('Time the checkpoint was frozen; not in the future.')),
    safeguardsLevel: optional(enumInput(() => SafeguardsLevel, 'Safeguards active in the shared version.')),
  },
  returns: ['version', () => ModelVersion],
  async run(work, input) {
    const { database } = work;
    const model = await ownModel(work, input.modelId, 'modelId');
    if (input.frozenAt !== null && input.frozenAt > work.now)
      throw new InputError('"frozenAt" is in the future: register the version once it is frozen', [
        'input',
        'frozenAt',
      ]);
    const labels = await database.query(`SELECT 1 FROM model_version WHERE model_id = ? AND label = ?`, [
      model.id,
      input.label,
    ]);
    if (labels.length > 0)
      throw new RequestError('ALREADY_EXISTS', `The model already has a version "${input.label}": use another label`, [
        'input',
        'label',
      ]);
    const id = work.newId('mdv');
    await database.insert(ModelVersion, [
      { ...input, id, publicLabel: null, releasedOn: null, exercise: model.exercise },
    ]);
    return id;
  },
});

export const modelMutations = [registerModel, registerModelVersion];
