import { organizationNamed } from '#domain/organization/organizations';
import { stableId } from '#kit/ids';
import { type Importer, type Write, write } from '#kit/import/importer';
import { readCsv, readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import type { Row } from '#kit/import/row';
import { parseBigNumber } from '#kit/model/scalars';
import { AIModel, type Modality } from '../model/ai-model';
import { countryCode } from './countries';
import { developerWrite } from './developers';

/** Id of a public model, derived from its name so that all catalogs map it to the same row. */
export function publicModelId(name: string): string {
  return stableId('mdl', 'public', name.trim());
}

const MODALITIES: readonly [RegExp, keyof typeof Modality][] = [
  [/language|multimodal/i, 'TEXT'],
  [/vision|image|multimodal/i, 'IMAGE'],
  [/audio|speech|music/i, 'AUDIO'],
  [/video/i, 'VIDEO'],
  [/code|programming/i, 'CODE'],
  [/robotics|games|driving/i, 'ACTION'],
];

interface Columns {
  name: string;
  date: string;
  parameters: string;
  compute: string;
  accessibility: string;
  link: string;
}

function bigNumberOf(row: Row, column: string): string | null {
  const text = row.optional(column, 60);
  if (text === null) return null;
  try {
    return parseBigNumber(text);
  } catch {
    throw new RowError(column, `is "${text.slice(0, 40)}", not a number`);
  }
}

/** Public model and its first developer. If several catalogs list a model, the authority's values win. */
function modelWrites(
  row: Row,
  columns: Columns,
  facts: {
    organizations: string[];
    countries: string | null;
    domains: string[];
    frontier: boolean;
    weightsOpen: boolean | null;
    authority: boolean;
  },
): Write[] {
  const name = row.text(columns.name, 255);
  const [first] = facts.organizations;
  const accessibility = row.optional(columns.accessibility, 255);
  const link = row.optional(columns.link, 1_000);
  const model: Partial<AIModel> = {
    id: publicModelId(name),
    developerKey: first ? organizationNamed(first).key : null,
    organizations: facts.organizations,
    codename: name,
    publicName: name,
    modalities: MODALITIES.filter(([pattern]) => facts.domains.some((domain) => pattern.test(domain))).map(
      ([, modality]) => modality,
    ),
    domains: facts.domains,
    parameterCount: bigNumberOf(row, columns.parameters),
    trainingComputeFlop: bigNumberOf(row, columns.compute),
    weightsOpen: facts.weightsOpen,
    frontier: facts.frontier,
    releaseStatus: accessibility === 'Unreleased' ? 'UNRELEASED' : 'GENERAL',
    releasedOn: row.optionalDate(columns.date),
    knownPublicSource: link !== null && URL.canParse(link) ? link : null,
    revision: 1,
    exercise: false,
  };
  const written = facts.authority ? write(AIModel, model) : write(AIModel, { id: model.id }, model);
  return [written, ...(first ? [developerWrite(first, {}, { country: countryCode(facts.countries) })] : [])];
}

const listed = (text: string | null) => [
  ...new Set(
    (text ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
];

export const frontierModels: Importer = {
  source: 'frontier-models',
  description: 'Frontier AI models published by Epoch AI (CC BY 4.0), CSV',
  files: ['frontier_ai_models.csv'],
  after: ['developers', 'notable-models'],
  read: (file) =>
    readCsv(file, [
      'Model',
      'Publication date',
      'Organization',
      'Training compute (FLOP)',
      'Domain',
      'Link',
      'Parameters',
      'Frontier model',
    ]),
  convert: (row) =>
    modelWrites(
      row,
      {
        name: 'Model',
        date: 'Publication date',
        parameters: 'Parameters',
        compute: 'Training compute (FLOP)',
        accessibility: 'Model accessibility',
        link: 'Link',
      },
      {
        organizations: listed(row.optional('Organization', 1_000)),
        countries: row.optional('Country (of organization)', 1_000),
        domains: listed(row.optional('Domain', 500)),
        frontier: row.optional('Frontier model') === 'True',
        weightsOpen:
          row.optional('Open model weights?') === null ? null : row.optional('Open model weights?') === 'Yes',
        authority: true,
      },
    ),
};

export const notableModels: Importer = {
  source: 'notable-models',
  description: 'Notable AI models since 2021 (Epoch AI, CC BY 4.0), JSON',
  files: ['models.json'],
  after: ['developers'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const accessibility = row.optional('accessibility');
    return modelWrites(
      row,
      {
        name: 'name',
        date: 'published',
        parameters: 'parameters',
        compute: 'trainingComputeFlop',
        accessibility: 'accessibility',
        link: 'link',
      },
      {
        organizations: row.list('organizations'),
        countries: row.list('countries').join(','),
        domains: row.list('domains'),
        frontier: row.raw('frontier') === true,
        weightsOpen: accessibility === null ? null : accessibility.startsWith('Open weights'),
        authority: false,
      },
    );
  },
};
