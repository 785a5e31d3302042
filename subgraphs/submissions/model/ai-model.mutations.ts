import { InputError, NotFoundError, RequestError, UnknownReferenceError } from '#base/errors';
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

/** A model of the caller's own organization. @throws NotFoundError also for those of others. */
export async function ownModel({ database, principal }: Work, id: string, field: string): Promise<AIModel> {
  const [model] = await database.findBy(AIModel, 'id', [id]);
  if (!model || model.developerKey !== principal.organization) throw new NotFoundError('model', id, field);
  return model;
}

const registerModel = mutation({
  name: 'registerModel',
  description: 'Registers a model by its codename. Its public name is not asked for before launch.',
  by: ['DEVELOPER'],
  input: {
    codename: textInput('Codename; not the name it will be launched under.'),
    family: optional(textInput('Family of models it belongs to.')),
    modalities: listInput(
      enumInput(() => Modality, 'A modality.'),
      'What it takes or gives.',
    ),
    parameterCount: optional(bigNumberInput('Number of parameters.')),
    trainingComputeFlop: optional(bigNumberInput('Floating-point operations spent on training.')),
    weightsOpen: optional(booleanInput('Whether its weights will be published.')),
  },
  returns: ['model', () => AIModel],
  async run(work, input) {
    const { database, principal } = work;
    const [organization] = await database.findBy(DeveloperOrganization, 'key', [principal.organization]);
    if (!organization)
      throw new UnknownReferenceError(
        'organization; register it with registerOrganization:',
        principal.organization!,
        [],
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
  description: 'Registers a fixed version of a model: the checkpoint that is shared.',
  by: ['DEVELOPER'],
  input: {
    modelId: idInput('The model.'),
    label: textInput('Label of the version, such as "release candidate 2".'),
    checkpointHash: optional(sha256Input('Digest of the checkpoint. The weights stay with you.')),
    frozenAt: optional(dateTimeInput('When it was frozen.')),
    safeguardsLevel: optional(
      enumInput(() => SafeguardsLevel, 'Which safeguards the version that is shared runs with.'),
    ),
  },
  returns: ['version', () => ModelVersion],
  async run(work, input) {
    const { database } = work;
    const model = await ownModel(work, input.modelId, 'modelId');
    if (input.frozenAt !== null && input.frozenAt > work.now)
      throw new InputError('"frozenAt" lies in the future: register the version once it is fixed', [
        'input',
        'frozenAt',
      ]);
    const labels = await database.query(`SELECT 1 FROM model_version WHERE model_id = ? AND label = ?`, [
      model.id,
      input.label,
    ]);
    if (labels.length > 0)
      throw new RequestError('ALREADY_EXISTS', `The model has a version "${input.label}" already`, ['input', 'label']);
    const id = work.newId('mdv');
    await database.insert(ModelVersion, [
      { ...input, id, publicLabel: null, releasedOn: null, exercise: model.exercise },
    ]);
    return id;
  },
});

export const modelMutations = [registerModel, registerModelVersion];
