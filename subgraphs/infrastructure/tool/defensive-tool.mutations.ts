import { InputError, NotFoundError, requireRevision, UnknownReferenceError } from '#base/errors';
import { SubjectTimelines } from '#domain/timeline';
import {
  booleanInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  listInput,
  optional,
  textInput,
  unchanged,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { replaceLinks } from '#kit/mutation/replace-links';
import type { Work } from '#kit/mutation/work';
import { CISA, requireCoordinatorOf } from '../actors';
import { CapabilityDimension } from '../capability/capability';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { DefensiveTool, ToolPurpose, ToolSubcategory } from './defensive-tool';

const by = ['COORDINATOR', 'CISO'];
const returns = ['tool', () => DefensiveTool] as const;

const name = textInput('Name of the tool.');
const vendorName = textInput('Name of the vendor.');
const aiPowered = booleanInput('Whether the tool is AI-powered.');
const purpose = enumInput(() => ToolPurpose, 'Purpose of the tool.');
const subcategories = listInput(
  idInput('Id of an outcome, such as "DE.CM".'),
  'Outcomes of the NIST Cybersecurity Framework that the tool supports.',
);

async function requireOutcomes({ database }: Work, ids: readonly string[]): Promise<void> {
  const known = new Set((await database.findBy(CapabilityDimension, 'id', ids)).map(({ id }) => id));
  const unknown = ids.findIndex((id) => !known.has(id));
  if (unknown >= 0) throw new UnknownReferenceError('outcome', ids[unknown]!, ['input', 'csfSubcategories', unknown]);
}

/** Adds an entry to the timeline of a tool, which has no states. */
async function happened(work: Work, tool: DefensiveTool, kind: string, detail: string | null): Promise<void> {
  const timelines = await SubjectTimelines.open(work, InfrastructureEvent, [tool.id]);
  const subject = { type: 'TOOL', id: tool.id, agencyKey: tool.registeredByKey, exercise: tool.exercise };
  timelines.add(subject, timelines.timeOf(tool.id), { kind, actor: work.actor, detail });
  await timelines.save();
}

const registerTool = mutation({
  name: 'registerTool',
  description: 'Registers a defensive tool, so that agencies can record its deployments.',
  by,
  input: { name, vendorName, aiPowered, purpose, csfSubcategories: optional(subcategories) },
  returns,
  async run(work, { csfSubcategories, ...fields }) {
    requireCoordinatorOf(work, CISA);
    await requireOutcomes(work, csfSubcategories ?? []);
    const id = work.newId('tol');
    const registered = { registeredByKey: work.principal.agency!, modelId: null, revision: 1, exercise: false };
    const tool = Object.assign(new DefensiveTool(), { id, ...fields, ...registered });
    await work.database.insert(DefensiveTool, [tool]);
    await replaceLinks(work.database, ToolSubcategory, id, csfSubcategories ?? []);
    await happened(work, tool, 'TOOL_REGISTERED', null);
    return id;
  },
});

const updateTool = mutation({
  name: 'updateTool',
  description: 'Changes the description of a defensive tool. Agencies change the tools that they registered.',
  by,
  input: {
    id: idInput('Id of the tool.'),
    expectedRevision: expectedRevisionInput(),
    name: unchanged(name),
    vendorName: unchanged(vendorName),
    purpose: unchanged(purpose),
    csfSubcategories: unchanged(subcategories),
  },
  returns,
  async run(work, { id, expectedRevision, csfSubcategories, ...fields }) {
    requireCoordinatorOf(work, CISA);
    const tool = await work.database.lock(DefensiveTool, id);
    const isOpen = work.actor === 'COORDINATOR' || tool?.registeredByKey === work.principal.agency;
    if (!tool || !isOpen) throw new NotFoundError('defensive tool', id, 'id');
    requireRevision('defensive tool', tool, expectedRevision);
    const changes = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    const changed = [...Object.keys(changes), ...(csfSubcategories ? ['csfSubcategories'] : [])];
    if (changed.length === 0)
      throw new InputError('The input changes nothing: send at least one field to change', ['input']);
    await requireOutcomes(work, csfSubcategories ?? []);
    await work.database.update(DefensiveTool, id, { ...changes, revision: tool.revision + 1 });
    if (csfSubcategories) await replaceLinks(work.database, ToolSubcategory, id, csfSubcategories);
    await happened(work, tool, 'TOOL_UPDATED', changed.join(', '));
    return id;
  },
});

export const toolMutations = [registerTool, updateTool];
