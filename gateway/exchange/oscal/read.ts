import { z } from 'zod';
import { civilDate } from '#base/civil';
import { OperatorError } from '#base/errors';
import { CVE_SYSTEM, NS } from './common';

/** Assets as a document names them. */
export interface NamedAsset {
  readonly vendor: string;
  readonly product: string;
  readonly version: string | null;
}

/** An observation of a vulnerability. */
export interface ReadObservation {
  readonly uuid: string;
  readonly cve: string;
  readonly asset: NamedAsset | null;
  readonly detectedAt: string;
  readonly method: string;
  /** Whether the risk is closed. */
  readonly isClosed: boolean;
}

/** An item of a plan of action. */
export interface ReadItem {
  readonly uuid: string;
  readonly title: string;
  readonly description: string;
  /** Risk status of OSCAL. */
  readonly status: string;
  readonly responsibleRole: string;
  readonly resources: string | null;
  readonly controls: readonly string[];
  readonly milestones: readonly { readonly title: string; readonly dueOn: string; readonly doneOn: string | null }[];
  readonly observations: readonly ReadObservation[];
}

const property = z.object({ name: z.string(), ns: z.string().optional(), value: z.string() });
const propsField = z.array(property).optional();

type Properties = z.output<typeof propsField>;
const ours = (properties: Properties, name: string): string | null =>
  properties?.find((candidate) => candidate.ns === NS && candidate.name === name)?.value ?? null;

/** Property of a task with the day on which it was completed. */
const DONE_ON = 'done-on';

const observationSchema = z.object({
  uuid: z.uuid(),
  title: z.string().optional(),
  description: z.string(),
  props: propsField,
  subjects: z.array(z.object({ 'subject-uuid': z.string(), type: z.string() })).optional(),
  collected: z.iso.datetime({ offset: true }),
});

const relatedObservations = z.array(z.object({ 'observation-uuid': z.string() })).optional();

const taskSchema = z.object({
  type: z.string(),
  title: z.string(),
  props: propsField.refine((properties) => z.iso.date().nullable().safeParse(ours(properties, DONE_ON)).success, {
    error: `the property "${DONE_ON}" is not a date`,
  }),
  timing: z
    .union([
      z.object({ 'on-date': z.object({ date: z.iso.datetime({ offset: true }) }) }),
      z.object({ 'within-date-range': z.object({ end: z.iso.datetime({ offset: true }) }) }),
      z.object({ 'at-frequency': z.object({}) }),
    ])
    .optional(),
  'responsible-roles': z.array(z.object({ 'role-id': z.string() })).optional(),
});

const riskSchema = z.object({
  uuid: z.string(),
  status: z.string(),
  characterizations: z
    .array(z.object({ facets: z.array(z.object({ name: z.string(), system: z.string(), value: z.string() })) }))
    .optional(),
  remediations: z
    .array(z.object({ description: z.string(), props: propsField, tasks: z.array(taskSchema).optional() }))
    .optional(),
  'related-observations': relatedObservations,
});

const inventorySchema = z
  .object({ 'inventory-items': z.array(z.object({ uuid: z.string(), props: propsField })).optional() })
  .optional();

const poamSchema = z.object({
  'plan-of-action-and-milestones': z.object({
    metadata: z.object({
      'oscal-version': z.string(),
      roles: z.array(z.object({ id: z.string(), title: z.string() })).optional(),
    }),
    'local-definitions': inventorySchema,
    observations: z.array(observationSchema).optional(),
    risks: z.array(riskSchema).optional(),
    'poam-items': z
      .array(
        z.object({
          uuid: z.uuid().optional(),
          title: z.string(),
          description: z.string(),
          props: propsField,
          'related-observations': relatedObservations,
          'related-risks': z.array(z.object({ 'risk-uuid': z.string() })).optional(),
        }),
      )
      .min(1),
  }),
});

const resultsSchema = z.object({
  'assessment-results': z.object({
    metadata: z.object({ 'oscal-version': z.string() }),
    results: z
      .array(
        z.object({
          'local-definitions': inventorySchema,
          observations: z.array(observationSchema).optional(),
          risks: z.array(riskSchema).optional(),
        }),
      )
      .min(1),
  }),
});

/** Parses a document. @throws OperatorError with the place of the first flaw */
function parsed<Document>(schema: z.ZodType<Document>, text: string, model: string): Document {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OperatorError(
      `The file is not JSON: ${(error as Error).message}`,
      'Convert OSCAL in XML or YAML to JSON',
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new OperatorError(
    `The file is not ${model} in OSCAL: ${issue!.path.join('.') || 'the document'}: ${issue!.message}`,
    'Nothing was imported. Validate the file against the schema of its OSCAL version',
  );
}

const CVE = /CVE-\d{4}-\d{4,}/;

type Observation = z.output<typeof observationSchema>;
type Risk = z.output<typeof riskSchema>;

interface Parts {
  readonly 'local-definitions'?: z.output<typeof inventorySchema>;
  readonly observations?: readonly Observation[];
  readonly risks?: readonly Risk[];
}

/** Observations of vulnerabilities, by UUID: one for each of the assets. Others are left out. */
function observationsOf({ 'local-definitions': local, observations = [], risks = [] }: Parts) {
  const assets = new Map((local?.['inventory-items'] ?? []).map(({ uuid, props }) => [uuid, assetOf(props)]));
  const risksOf = new Map<string, Risk[]>();
  for (const risk of risks)
    for (const { 'observation-uuid': uuid } of risk['related-observations'] ?? [])
      risksOf.set(uuid, [...(risksOf.get(uuid) ?? []), risk]);
  return new Map(
    observations.flatMap((observation): [string, readonly ReadObservation[]][] => {
      const { uuid, subjects = [], collected, props } = observation;
      const related = risksOf.get(uuid) ?? [];
      const cve = cveOf(observation, related);
      if (cve === null) return [];
      const named = subjects.flatMap((subject) => assets.get(subject['subject-uuid']) ?? []);
      const method = ours(props, 'method') ?? 'OSCAL import';
      const detectedAt = new Date(collected).toISOString();
      // one that is open is reason enough to report the vulnerability
      const isClosed = related.length > 0 && related.every(({ status }) => status === 'closed');
      const seen = { uuid, cve, detectedAt, method, isClosed };
      return [[uuid, named.length > 0 ? named.map((asset) => ({ ...seen, asset })) : [{ ...seen, asset: null }]]];
    }),
  );
}

/** The asset that properties name: those of ours, or of any namespace. */
function assetOf(properties: Properties): NamedAsset | null {
  const value = (name: string) =>
    ours(properties, name) ?? properties?.find((property) => property.name === name)?.value ?? null;
  const vendor = value('vendor') ?? value('vendor-name');
  const product = value('product') ?? value('software-name');
  return vendor === null || product === null ? null : { vendor, product, version: value('version') };
}

function cveOf({ props, title, description }: Observation, risks: readonly Risk[]): string | null {
  const facets = risks.flatMap(({ characterizations = [] }) => characterizations.flatMap(({ facets: of }) => of));
  return (
    ours(props, 'vulnerability') ??
    CVE.exec(`${title ?? ''} ${description}`)?.[0] ??
    facets.find(({ system }) => system === CVE_SYSTEM)?.value ??
    null
  );
}

/** The observations of vulnerabilities in assessment results. @throws OperatorError */
export function readResults(text: string): readonly ReadObservation[] {
  const { 'assessment-results': document } = parsed(resultsSchema, text, 'assessment results');
  return document.results.flatMap((result) => [...observationsOf(result).values()].flat());
}

/** The items of a plan of action and milestones. @throws OperatorError */
export function readPoam(text: string): readonly ReadItem[] {
  const { 'plan-of-action-and-milestones': document } = parsed(poamSchema, text, 'a POA&M');
  const observations = observationsOf(document);
  const risks = new Map((document.risks ?? []).map((risk) => [risk.uuid, risk]));
  const roles = new Map((document.metadata.roles ?? []).map(({ id, title }) => [id, title]));
  return document['poam-items'].map((item) => {
    const { uuid, title, description, props } = item;
    const risk = item['related-risks']?.map((related) => risks.get(related['risk-uuid'])).find(Boolean);
    const remediations = risk?.remediations ?? [];
    const tasks = remediations.flatMap(({ tasks: planned = [] }) => planned);
    const roleId =
      ours(props, 'responsible-role') ??
      tasks.flatMap((task) => task['responsible-roles'] ?? [])[0]?.['role-id'] ??
      null;
    const related = [...(item['related-observations'] ?? []), ...(risk?.['related-observations'] ?? [])];
    const uuids = new Set(related.map((reference) => reference['observation-uuid']));
    return {
      uuid: uuid ?? title,
      ...{ title, description, status: risk?.status ?? 'open' },
      responsibleRole: (roleId && (roles.get(roleId) ?? roleId)) || 'System owner',
      resources: resourcesOf(remediations),
      controls: (props ?? []).filter(({ name }) => CONTROL_PROPERTIES.includes(name)).map(({ value }) => value),
      milestones: tasks.flatMap((task) => milestoneOf(task) ?? []),
      observations: [...uuids].flatMap((each) => observations.get(each) ?? []),
    };
  });
}

/** Names of properties with the id of a control: ours, and that of FedRAMP. */
const CONTROL_PROPERTIES = ['control-id', 'impacted-control-id'];

type Remediations = NonNullable<Risk['remediations']>;

/** The text on resources, unless the document says that it states none. */
function resourcesOf([first]: Remediations): string | null {
  return first === undefined || ours(first.props, 'resources') === 'not-stated' ? null : first.description;
}

function milestoneOf({ type, title, timing, props }: z.output<typeof taskSchema>) {
  if (type !== 'milestone' || timing === undefined || 'at-frequency' in timing) return null;
  const due = 'on-date' in timing ? timing['on-date'].date : timing['within-date-range'].end;
  return { title, dueOn: civilDate(due), doneOn: ours(props, DONE_ON) };
}
