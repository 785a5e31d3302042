import { endOfDay } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { ChangeSet } from '#domain/change-set';
import { callersOf } from '#domain/verbs';
import { bulk } from '#kit/mutation/bulk';
import {
  dateInput,
  type InputOf,
  idInput,
  listInput,
  longTextInput,
  objectInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import type { Work } from '#kit/mutation/work';
import { Control } from '../capability/capability';
import { FederalSystem } from '../system/federal-system';
import { ENDED, VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { PoamControl, PoamItem } from './poam-item';
import { MILESTONES, POAM_ITEMS } from './poam-items';
import { poamLifecycle } from './poam-lifecycle';

const input = {
  system: idInput('Id of the system with the weakness, of your agency.'),
  title: textInput('Title of the weakness.'),
  description: longTextInput('Description of the weakness, and of how it is remediated.'),
  findings: listInput(
    idInput('Id of a finding.'),
    'Ids of the findings that the item is about: on the system, not ended, and in no other item.',
  ),
  controls: listInput(
    idInput('OSCAL id of a control, such as "si-2".'),
    'Controls that the weakness concerns. At least one, unless the item has findings.',
  ),
  milestones: listInput(
    objectInput('PoamMilestoneInput', 'Milestone of a POA&M item.', {
      title: textInput('What is to be done.'),
      dueOn: dateInput('Due date.'),
    }),
    'Milestones: at least one.',
  ),
  responsibleRole: textInput('Role that is responsible, such as "system owner".', { max: 120 }),
  resources: optional(longTextInput('Resources that remediation takes.')),
};
type Opened = InputOf<typeof input>;

/** What items refer to, and findings as earlier items changed them in memory. */
interface Known {
  readonly systems: ReadonlySet<string>;
  readonly controls: ReadonlySet<string>;
  readonly findings: Map<string, VulnerabilityFinding>;
}

/** Reads what items refer to, and locks the findings, in three statements. */
async function knownOf({ database, principal }: Work, inputs: readonly Opened[]): Promise<Known> {
  const systems = await database.findBy(FederalSystem, 'id', distinct(inputs.map(({ system }) => system)));
  const controls = await database.findBy(Control, 'id', distinct(inputs.flatMap((item) => item.controls)));
  const findings = await database.lockAll(VulnerabilityFinding, distinct(inputs.flatMap((item) => item.findings)));
  const own = systems.filter(({ agencyKey }) => agencyKey === principal.agency);
  return {
    systems: new Set(own.map(({ id }) => id)),
    controls: new Set(controls.map(({ id }) => id)),
    findings: new Map(findings.map((finding) => [finding.id, finding])),
  };
}

const distinct = (keys: readonly string[]): string[] => [...new Set(keys)];

/** @throws RequestError if an item refers to what does not exist, or has nothing to do */
function requireItem(item: Opened, known: Known): void {
  const path = (field: keyof Opened) => ['input', field];
  if (!known.systems.has(item.system)) throw new UnknownReferenceError('federal system', item.system, path('system'));
  for (const [place, id] of item.controls.entries())
    if (!known.controls.has(id)) throw new UnknownReferenceError('control', id, [...path('controls'), place]);
  for (const [place, id] of item.findings.entries()) requireFinding(item, id, known, [...path('findings'), place]);
  if (item.findings.length === 0 && item.controls.length === 0)
    throw new InputError('"findings" and "controls" are empty: name at least one finding or control', path('findings'));
  if (item.milestones.length === 0)
    throw new InputError('"milestones" is empty: plan at least one', path('milestones'));
}

function requireFinding({ system }: Opened, id: string, { findings }: Known, path: readonly (string | number)[]): void {
  const finding = findings.get(id);
  if (finding?.systemId !== system) throw new UnknownReferenceError('vulnerability finding of this system', id, path);
  if (ENDED.includes(finding!.status))
    throw new InputError(`The finding "${id}" is ${finding!.status}: name findings that have not ended`, path);
  if (finding!.poamItemId !== null)
    throw new InputError(
      `The finding "${id}" belongs to the item ${finding!.poamItemId}: name it in one item only`,
      path,
    );
}

export const openPoamItem = bulk({
  name: 'openPoamItem',
  plural: 'openPoamItems',
  description: 'Opens an item of the plan of action and milestones (POA&M) of a system of the agency.',
  by: callersOf(poamLifecycle, 'openPoamItem'),
  input,
  returns: ['poamItem', () => PoamItem],
  async open(work, inputs) {
    const { database, now, principal } = work;
    const items = await ChangeSet.open(POAM_ITEMS, work, []);
    const milestones = await ChangeSet.open(MILESTONES, work, []);
    const known = await knownOf(work, inputs);
    const controls: { ownerKey: string; targetKey: string }[] = [];
    const changed = new Map<string, VulnerabilityFinding>();
    const agencyKey = principal.agency!;
    return {
      apply(opened) {
        requireItem(opened, known);
        const { system: systemId, title, description, responsibleRole, resources } = opened;
        const id = work.newId('poa');
        const added = items.add(
          {
            ...{ id, systemId, agencyKey, title, description, responsibleRole, resources },
            ...{ openedAt: now, closedAt: null, acceptanceId: null, revision: 1, exercise: false },
          },
          { trigger: 'openPoamItem', kind: 'POAM_ITEM_OPENED', detail: title },
        );
        for (const milestone of opened.milestones)
          milestones.add(
            {
              ...{ id: work.newId('pom'), poamItemId: id, agencyKey, ...milestone, dueAt: endOfDay(milestone.dueOn) },
              ...{ doneOn: null, revision: 1, exercise: false },
            },
            { trigger: 'openPoamItem', kind: 'MILESTONE_PLANNED', detail: milestone.title },
          );
        controls.push(...opened.controls.map((targetKey) => ({ ownerKey: id, targetKey })));
        for (const key of opened.findings) {
          const finding = known.findings.get(key)!;
          changed.set(key, Object.assign(finding, { poamItemId: id, revision: finding.revision + 1 }));
        }
        return added;
      },
      async save() {
        await items.save();
        await milestones.save();
        await database.insert(PoamControl, controls);
        await database.upsert(VulnerabilityFinding, [...changed.values()]);
      },
    };
  },
});
