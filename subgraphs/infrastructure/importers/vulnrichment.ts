import { OperatorError } from '#base/errors';
import { organizationNamed } from '#domain/organization/organizations';
import { change, type Importer, type ImportSession, type Write, write } from '#kit/import/importer';
import { readJson } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { Row } from '#kit/import/row';
import { productKey } from '../matching/product-key';
import { recomputeDueDates } from '../remediation/recompute';
import { Exploitation, TechnicalImpact, Vulnerability } from '../vulnerability/vulnerability';
import { vendorWrite } from './vendor';

const PUBLISHER = 'CISA-ADP';

/** A container of a CVE record, in the CVE JSON record format 5. */
interface Container {
  readonly providerMetadata?: { readonly shortName?: string };
  readonly title?: string;
  readonly affected?: readonly { readonly vendor?: string; readonly product?: string }[];
  readonly descriptions?: readonly { readonly lang?: string; readonly value?: string }[];
  readonly metrics?: readonly { readonly other?: { readonly type?: string; readonly content?: SsvcContent } }[];
}

/** One SSVC evaluation in a CVE record. */
interface SsvcContent {
  readonly timestamp?: string;
  readonly options?: readonly Readonly<Record<string, string>>[];
}

interface CveRecord {
  readonly cveMetadata?: { readonly cveId?: string };
  readonly containers?: { readonly cna?: Container; readonly adp?: readonly Container[] };
}

/** The row of a CVE record: its latest SSVC evaluation by CISA, and what its assigner says of the product. */
function rowOfRecord(line: number, { cveMetadata, containers }: CveRecord): Row {
  const cna = containers?.cna;
  const evaluations = (containers?.adp ?? [])
    .filter(({ providerMetadata }) => providerMetadata?.shortName === PUBLISHER)
    .flatMap(({ metrics = [] }) => metrics)
    .flatMap(({ other }) => (other?.type === 'ssvc' && other.content ? [other.content] : []))
    .toSorted((a, b) => ((a.timestamp ?? '') < (b.timestamp ?? '') ? 1 : -1));
  const values = Object.assign({}, ...(evaluations[0]?.options ?? [])) as Record<string, string>;
  const [affected] = cna?.affected ?? [];
  return new Row(line, {
    cveId: cveMetadata?.cveId,
    exploitation: values.Exploitation,
    automatable: values.Automatable,
    technicalImpact: values['Technical Impact'] ?? values.technicalImpact,
    date: evaluations[0]?.timestamp,
    vendor: affected?.vendor,
    product: affected?.product,
    title: cna?.title,
    description: cna?.descriptions?.find(({ lang }) => lang?.startsWith('en'))?.value,
  });
}

/** A CVE record, a list of them, or a list of rows with the values. */
async function readRows(file: string): Promise<Row[]> {
  const document = await readJson(file);
  if (Array.isArray(document))
    return document.map((entry, place) =>
      entry && typeof entry === 'object' && 'containers' in entry
        ? rowOfRecord(place + 1, entry as CveRecord)
        : new Row(place + 1, typeof entry === 'object' && entry !== null ? entry : { value: entry }),
    );
  if (document && typeof document === 'object' && 'containers' in document)
    return [rowOfRecord(1, document as CveRecord)];
  throw new OperatorError(
    `"${file}" has neither a CVE record nor a list`,
    'Check that the file belongs to this source (`import -- --help` lists them)',
  );
}

/** One of some values, in any case. */
function choiceOf<Value>(row: Row, column: string, values: Readonly<Record<string, Value>>): Value | null {
  const text = row.optional(column);
  if (text === null) return null;
  const value = values[text.toLowerCase()];
  if (value === undefined)
    throw new RowError(column, `is "${text.slice(0, 60)}"; expected one of ${Object.keys(values).join(', ')}`);
  return value;
}

function writesOf(row: Row, session: ImportSession): readonly Write[] {
  const cveId = row.text('cveId', 30);
  if (!/^CVE-\d{4}-\d{4,}$/.test(cveId)) throw new RowError('cveId', `is "${cveId}", which is not a CVE id`);
  const evaluation = {
    cveId,
    exploitation: choiceOf(row, 'exploitation', {
      none: Exploitation.NONE,
      poc: Exploitation.POC,
      active: Exploitation.ACTIVE,
    }),
    automatable: choiceOf(row, 'automatable', { yes: true, no: false }),
    technicalImpact: choiceOf(row, 'technicalImpact', {
      partial: TechnicalImpact.PARTIAL,
      total: TechnicalImpact.TOTAL,
    }),
    ssvcEvaluatedOn: row.optionalDate('date'),
    ssvcSource: PUBLISHER,
  };
  if (session.has(Vulnerability, cveId)) return [change(Vulnerability, evaluation)];
  const [vendorName, product] = [row.optional('vendor', 120), row.optional('product')];
  if (vendorName === null || product === null)
    throw new RowError('cveId', `is "${cveId}", which is not in the graph, and the row names no vendor and product`);
  const vendor = organizationNamed(vendorName);
  const added: Partial<Vulnerability> = {
    ...evaluation,
    vendorKey: vendor.key,
    vendorName,
    product,
    productKey: productKey(vendorName, product),
    name: row.excerpt('title', 300) ?? `${vendorName} ${product} vulnerability`,
    description: row.excerpt('description', 60_000) ?? '',
    requiredAction: null,
    kevDateAdded: null,
    kevDueDate: null,
    kevRemovedOn: null,
    kevForensicTriage: null,
    ransomwareUse: null,
    cwes: [],
    notes: null,
    exercise: false,
  };
  return [write(Vulnerability, added), vendorWrite(vendor)];
}

export const vulnrichment: Importer = {
  source: 'vulnrichment',
  description: 'SSVC values of vulnerabilities (CISA, CC0), JSON: CVE records, or a list of values',
  files: ['vulnrichment/ssvc.json'],
  after: ['kev'],
  needs: [Vulnerability],
  read: readRows,
  convert: writesOf,
  follow: async (work, cves) => {
    await recomputeDueDates(work, { cves }, 'SSVC');
  },
};
