import { DefaultNamingStrategy } from 'typeorm';
import { migrationSource } from '../migration';
import type { SubgraphPlan } from './plan';

const naming = new DefaultNamingStrategy();

/** The first migration, with the statements that `npm run migration` drafts for the type of `sources.ts`. */
export function initialMigration({ table }: SubgraphPlan): string {
  const host = naming.indexName(table, ['agency_key']);
  const order = naming.indexName(table, ['starts_on', 'id']);
  return migrationSource('0001-initial', {
    mysql: [
      `CREATE TABLE \`${table}\` (\`id\` varchar(60) NOT NULL, \`title\` varchar(255) NOT NULL, \`agency_key\` varchar(60) NOT NULL, \`starts_on\` varchar(10) NOT NULL, \`contact_note\` text NULL, \`exercise\` tinyint NOT NULL, INDEX \`${host}\` (\`agency_key\`), INDEX \`${order}\` (\`starts_on\`, \`id\`), PRIMARY KEY (\`id\`)) ENGINE=InnoDB`,
    ],
    sqlite: [
      `CREATE TABLE "${table}" ("id" varchar(60) PRIMARY KEY NOT NULL, "title" varchar(255) NOT NULL, "agency_key" varchar(60) NOT NULL, "starts_on" varchar(10) NOT NULL, "contact_note" text, "exercise" boolean NOT NULL)`,
      `CREATE INDEX "${host}" ON "${table}" ("agency_key")`,
      `CREATE INDEX "${order}" ON "${table}" ("starts_on", "id")`,
    ],
  });
}
