import { CONTRACT_NAME, flawsOfContracts, MAX_CONTRACTS, MAX_NAME, MAX_TAGS, TAG } from '#base/contract';
import { InputError, NotFoundError, RequestError, requireRevision } from '#base/errors';
import { CLASSES } from '#base/sensitivity';
import { expectedRevisionInput, listInput, longTextInput, optional, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { judgedChange } from './judged-change';
import { SchemaContract } from './schema-contract';
import { contractOf, liveContracts } from './state';

const returns = ['contract', () => SchemaContract] as const;
const CLASS = new RegExp(`^(${CLASSES.join('|')})$`);

const name = textInput('Name, in lower case, which is part of the path.', { max: MAX_NAME, pattern: CONTRACT_NAME });
const tags = (description: string) =>
  listInput(textInput('Name of a tag.', { max: 128, pattern: TAG }), description, { max: MAX_TAGS });

const putContract = mutation({
  name: 'putContract',
  description:
    'Adds a contract, or replaces it. It is checked against the graph that gateways serve, which have it from the next publication on.',
  by: ['OPERATOR'],
  input: {
    name,
    description: longTextInput('Who it is for.'),
    includedTags: tags('Tags of the fields that it shows. All fields without any.'),
    excludedTags: tags('Tags of the parts that it hides.'),
    classes: listInput(
      textInput('Sensitivity class.', { max: 20, pattern: CLASS }),
      `Sensitivity classes of the fields that it shows: ${CLASSES.join(', ')}. All fields without any.`,
      { max: CLASSES.length },
    ),
    expectedRevision: optional(expectedRevisionInput()),
  },
  returns,
  async prepare(before, { name: of, description, includedTags, excludedTags, classes }): Promise<void> {
    const contract = contractOf({ description, includedTags, excludedTags, classes });
    const flaws = flawsOfContracts({ [of]: contract });
    if (flaws.length > 0) throw new InputError(flaws.join('; '), ['input']);
    const { change, verdict } = await judgedChange(before, [], {}, (contracts) => ({ ...contracts, [of]: contract }));
    // without schemas, the first publication decides
    if (change.supergraph === undefined) return;
    const problems = verdict.problems.filter((problem) => problem.startsWith(`contract "${of}"`));
    if (problems.length > 0)
      throw new RequestError('PRECONDITION_FAILED', `The graph cannot have it: ${problems.join('; ')}`, [], {
        guard: 'CAN_BE_SERVED',
      });
  },
  async run({ database, now }, { name: of, expectedRevision, ...values }) {
    const [known] = await database.lockAll(SchemaContract, [of]);
    if (known?.removedAt === null && expectedRevision === null)
      throw new RequestError('ALREADY_EXISTS', `The contract "${of}" exists: send its revision to replace it`, [
        ...['input', 'name'],
      ]);
    if (known && expectedRevision !== null) requireRevision('contract', known, expectedRevision);
    const others = (await liveContracts(database)).filter((other) => other.name !== of);
    if (others.length >= MAX_CONTRACTS)
      throw new RequestError(
        'PRECONDITION_FAILED',
        `The graph has ${MAX_CONTRACTS} contracts, the maximum: remove one first`,
        [],
        { guard: 'HAS_ROOM', limit: MAX_CONTRACTS },
      );
    await database.upsert(SchemaContract, [
      Object.assign(new SchemaContract(), {
        ...{ name: of, ...values, changedAt: now, removedAt: null, exercise: false },
        revision: (known?.revision ?? 0) + 1,
      }),
    ]);
    return of;
  },
});

const removeContract = mutation({
  name: 'removeContract',
  description: 'Removes a contract. Gateways no longer serve it from the next publication on.',
  by: ['OPERATOR'],
  input: { name, expectedRevision: expectedRevisionInput() },
  returns,
  async run({ database, now }, { name: of, expectedRevision }) {
    const [known] = await database.lockAll(SchemaContract, [of]);
    if (!known || known.exercise || known.removedAt !== null) throw new NotFoundError('contract', of, 'name');
    requireRevision('contract', known, expectedRevision);
    await database.update(SchemaContract, of, { changedAt: now, removedAt: now, revision: known.revision + 1 });
    return of;
  },
});

export const schemaContractMutations = [putContract, removeContract];
