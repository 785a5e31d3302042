import { Int } from 'type-graphql';
import { hasMany } from '#kit/collection/connection';
import { marks } from '#kit/database/marks';
import { computed, exerciseFlag, key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { CloudOffering } from '../cloud/cloud-offering';
import { DeveloperOrganization } from '../developer-organization';
import { IN_KEV_SQL } from '../vulnerability/kev-listing';
import { Vulnerability } from '../vulnerability/vulnerability';

type Counted = 'vulnerability' | 'ai_use_case' | 'cloud_offering';

function countOf(vendor: Vendor, table: Counted, { loaders, database }: Context): Promise<number> {
  const link = table === 'ai_use_case' ? 'ai_use_case_vendors' : table;
  const column = table === 'ai_use_case' ? 'target_key' : 'vendor_key';
  const condition = table === 'vulnerability' ? `AND ${IN_KEV_SQL}` : '';
  return loaders
    .batched<number>(Vendor, `count of ${table}`, async (keys) => {
      const rows = await database.summarize<{ vendor: string; n: number }>(
        `SELECT ${column} AS vendor, COUNT(*) AS n FROM ${link} WHERE ${column} IN (${marks(keys)}) ${condition} GROUP BY ${column}`,
        keys,
      );
      const counts = new Map(rows.map(({ vendor: key, n }) => [key, Number(n)]));
      return keys.map((key) => counts.get(key) ?? 0);
    })
    .load(vendor.key);
}

const has =
  (link: string, column: string, condition = '1 = 1') =>
  (columnOf: (property: string) => string) =>
    `EXISTS (SELECT 1 FROM ${link} v WHERE v.${column} = ${columnOf('key')} AND ${condition})`;
const hasVulnerability = has('vulnerability', 'vendor_key', IN_KEV_SQL);
const hasUseCase = has('ai_use_case_vendors', 'target_key');

@model('Vendor of products, with one record across all catalogs.', { key: 'key', order: ['name'] })
export class Vendor {
  @key('Short name in kebab case, such as "palo-alto-networks".', { length: 80 }) key!: string;
  @text('Name, as written by the first catalog that lists the vendor.', { search: true, filter: true, order: true })
  name!: string;
  @refersTo(() => DeveloperOrganization, 'The same organization in its role as a developer of AI models.', {
    as: 'developer',
    nullable: true,
  })
  developerKey!: string | null;

  @exerciseFlag() exercise!: boolean;

  @hasMany(() => Vulnerability, 'vendorKey', "Vulnerabilities in the vendor's products, in the KEV catalog or not.")
  vulnerabilities!: unknown;
  @hasMany(() => CloudOffering, 'vendorKey', "The vendor's FedRAMP cloud offerings.") cloudOfferings!: unknown;

  @computed(() => Int, "Number of known exploited vulnerabilities in the vendor's products.")
  vulnerabilityCount(context: Context): Promise<number> {
    return countOf(this, 'vulnerability', context);
  }

  @computed(() => Int, 'Number of agency AI use cases that name the vendor.')
  useCaseCount(context: Context): Promise<number> {
    return countOf(this, 'ai_use_case', context);
  }

  @computed(() => Int, "Number of the vendor's FedRAMP cloud offerings.")
  cloudOfferingCount(context: Context): Promise<number> {
    return countOf(this, 'cloud_offering', context);
  }

  @computed(
    () => Boolean,
    'Whether the vendor appears in both an AI use case and the catalog of known exploited vulnerabilities.',
    {
      conditions: {
        true: (column) => `${hasVulnerability(column)} AND ${hasUseCase(column)}`,
        false: (column) => `NOT (${hasVulnerability(column)} AND ${hasUseCase(column)})`,
      },
    },
  )
  async inUseAndExploited(context: Context): Promise<boolean> {
    return (await this.vulnerabilityCount(context)) > 0 && (await this.useCaseCount(context)) > 0;
  }
}
