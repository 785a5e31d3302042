import {
  buildASTSchema,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  parse,
} from 'graphql';
import { orderValue } from '#kit/collection/connection';
import { modelOf } from '#kit/model/model';
import { subgraphs } from '../../gateway/cli/subgraphs';

/** Lists of objects that are not paged, and what bounds each. docs/schema.md states the rule. */
const BOUNDED: Readonly<Record<string, string>> = {
  'Announcement.hiringRequests': 'an announcement is published for at most 100 requests',
  'PoamItem.controls': 'an item names at most 100 controls',
  'Query.agencies': 'the reference table of agencies',
  'ProductMatchRule.previewItems': 'capped at 500',
  'Query.busyReviewers': 'capped at 500',
  'Query.findingStatistics': 'months × tactics × severities',
  'Query.largestHiringGaps': 'one goal for each agency',
  'Query.timeToHire': 'agencies × hiring authorities',
  'Query.aiToolAdoption': 'agencies × quarters',
  'Query.overdueByToolCoverage': 'two rows',
  'Query.aiUseCaseCounts': 'agencies × stages',
  'AIUseCase.vendors': 'vendors that one text names',
  'AccessLogConnection.nodes': 'the page',
  'AccessLogEntry.objects': 'types × classes of one request',
  'AccessLogEntry.uses': 'types × classes × ways of use of one request',
  'AgencyWorkRole.capabilityGaps': 'outcomes of the NIST framework',
  'AgencyWorkRole.openAnnouncements': 'capped at 100',
  'Announcement.series': 'the reference table of occupational series',
  'Announcement.workRoles': 'the reference table of work roles',
  'AtlasCaseStudy.techniques': 'the reference table of techniques',
  'AtlasMitigation.techniques': 'the reference table of techniques',
  'AtlasTechnique.tactics': 'the reference table of tactics',
  'CapabilityAssessment.staffing': 'the reference table of work roles',
  'CapabilityDimension.workRoles': 'the reference table of work roles',
  'ClearinghouseCase.sectors': 'the reference table of sectors',
  'TrustedPartner.sectors': 'the reference table of sectors',
  'DefensiveTool.csfSubcategories': 'the reference table of dimensions',
  'Determination.sectors': 'the reference table of sectors',
  'FederalSystem.sectorsSupported': 'the reference table of sectors',
  'Finding.relatedVulnerabilities': 'at most 100 in an input',
  'Finding.sectors': 'the reference table of sectors',
  'Finding.techniques': 'the reference table of techniques',
  'InfrastructureMetrics.aiToolDeployments': 'stages',
  'OrderProvision.agencies': 'the reference table of agencies',
  'PastReviews.determinations': 'the reference table of agencies',
  'PastReviews.reviews': 'the reference table of agencies',
  'PastSubmission.access': 'the reference table of agencies',
  'Position.workRoles': 'the reference table of work roles',
  'Review.participatingAgencies': 'the reference table of agencies',
  'RiskAssessment.sectors': 'the reference table of sectors',
  'RiskAssessment.techniques': 'the reference table of techniques',
  'Sector.coAgencies': 'the reference table of agencies',
  'Submission.assignedAgencies': 'the reference table of agencies',
  'Submission.governmentReads': 'its argument "first"',
  'Submission.highestRisks': 'risk domains × agencies',
  'Submission.requestedAgencies': 'the reference table of agencies',
  'Submission.sectorsOfConcern': 'the reference table of sectors',
  'SubmissionMetrics.filedByQuarter': 'quarters',
  'SubmissionMetrics.filedByReference': 'launch references',
  'SubmissionMetrics.withdrawnByPhase': 'phases of the window',
  'Vulnerability.exposures': 'agencies × impact levels',
  'WorkRole.additionalKsats': 'the reference table of statements',
  'WorkRole.coreKsats': 'the reference table of statements',
  'WorkRole.counterparts': 'the reference table of work roles',
  'WorkforceMetrics.byTalentArea': 'talent areas',
};

/** Fields with a rule of their own that some readers of the object do not satisfy. */
/** Lists of figures that are null for a past day. */
const OF_TODAY: ReadonlySet<string> = new Set([
  'InfrastructureMetrics.aiToolDeployments',
  'WorkforceMetrics.byTalentArea',
]);

const REFUSED: ReadonlySet<string> = new Set(['Submission.governmentReads']);

const BRITISH =
  /\b\w*(organis|programme|licence|defence|behaviour|catalogue|cancelled|authoris|recognis|favour|neighbour|centre|colour|modelled|labelled|judgement|fulfil\b|analyse)\w*/i;

const FILTERED: Readonly<Record<string, string>> = {
  StringFilter: 'String',
  IntFilter: 'Int',
  FloatFilter: 'Float',
  BooleanFilter: 'Boolean',
  DerivedFlagFilter: 'Boolean',
  DateFilter: 'Date',
  DateTimeFilter: 'DateTime',
  BigNumberFilter: 'BigNumber',
};

/** Whether a list can be narrowed by a field of this type with this filter input. */
function fits(type: GraphQLType, filter: string): boolean {
  const named = getNamedType(type);
  const list = isListType(isNonNullType(type) ? type.ofType : type);
  const referenced = /^(\w+)Reference(List)?Filter$/.exec(filter);
  if (referenced && isObjectType(named)) return named.name === referenced[1] && list === (referenced[2] !== undefined);
  const listed = /^(\w*)(?:Link|List)Filter$/.exec(filter);
  if (listed) {
    const isList = isObjectType(named) && (list || named.name.endsWith('Connection'));
    return isList && ['', named.name.replace(/Connection$/, '')].includes(listed[1]!);
  }
  if (list) return false;
  if (filter === 'IdFilter') return named.name === 'ID' || isObjectType(named);
  return named.name === (FILTERED[filter] ?? filter.replace(/Filter$/, ''));
}

describe.each(subgraphs.map((subgraph) => [subgraph.name, subgraph] as const))(
  'the schema of %s',
  (_name, subgraph) => {
    const schema = buildASTSchema(parse(subgraph.sdl), { assumeValidSDL: true });
    const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
    const objects = types.filter(isObjectType);
    const stubs = new Set(subgraph.parts.stubs.map((stub) => modelOf(stub).name));
    const models = new Map(
      [...subgraph.parts.entities, ...subgraph.parts.stubs]
        .map(modelOf)
        .filter(({ published }) => published)
        .map((model) => [model.name, model]),
    );
    const fields = objects.flatMap((type) =>
      Object.values(type.getFields()).map((field) => ({ type, field, name: `${type.name}.${field.name}` })),
    );
    const classOf = ({ astNode }: GraphQLField<unknown, unknown>): string =>
      /@sensitivity\(class: (\w+)\)/.exec(subgraph.sdl.slice(astNode!.loc!.start, astNode!.loc!.end))![1]!;

    test('filters and orders only by fields of the type, with filters of their types', () => {
      const wrong: string[] = [];
      let compared = 0;
      const typeOf = (name: string) => schema.getType(name) as GraphQLObjectType | undefined;
      const isFilter = (type: GraphQLNamedType): type is GraphQLInputObjectType =>
        isInputObjectType(type) && type.name.endsWith('Filter') && 'and' in type.getFields();
      for (const input of types.filter(isFilter)) {
        const typeFields = typeOf(input.name.replace(/Filter$/, ''))!.getFields();
        for (const { name, type } of Object.values(input.getFields())) {
          if (['and', 'or', 'not'].includes(name)) continue;
          compared += 1;
          const isSearch = name === 'search' && !typeFields[name] && getNamedType(type).name === 'String';
          if (isSearch) continue;
          if (!typeFields[name] || !fits(typeFields[name].type, getNamedType(type).name))
            wrong.push(`${input.name}.${name}`);
        }
      }
      const isOrder = (type: GraphQLNamedType): type is GraphQLEnumType =>
        isEnumType(type) && type.name.endsWith('OrderField');
      for (const order of types.filter(isOrder)) {
        const typeFields = Object.values(typeOf(order.name.replace(/OrderField$/, ''))!.getFields());
        for (const { name } of order.getValues()) {
          compared += 1;
          const isCounted = typeFields.some(
            (candidate) =>
              getNamedType(candidate.type).name.endsWith('Connection') && orderValue(candidate.name, true) === name,
          );
          const field = typeFields.find((candidate) => orderValue(candidate.name) === name);
          if (isCounted && !field) continue;
          const type = field && getNamedType(field.type);
          if (!isScalarType(type) && !isEnumType(type)) wrong.push(`${order.name}.${name}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(0);
    });

    test('declares lists and items as non-null unless a subgraph or rule can remove them', () => {
      const wrong = fields.filter(({ type, field, name }) => {
        const list = isNonNullType(field.type) ? field.type.ofType : field.type;
        if (!isListType(list)) return false;
        const mayBeAway = type.name === 'Query' || stubs.has(type.name);
        const model = models.get(type.name);
        const ownClass = model !== undefined && classOf(field) !== model.sensitivity;
        const isWhole = isNonNullType(field.type) || mayBeAway || ownClass || REFUSED.has(name) || OF_TODAY.has(name);
        return !isWhole || !(isNonNullType(list.ofType) || stubs.has(getNamedType(list).name));
      });
      expect(wrong.map(({ name }) => name)).toEqual([]);
    });

    test('pages every list of objects that nothing bounds', () => {
      const plain = fields.filter(({ type, field }) => {
        const list = isNonNullType(field.type) ? field.type.ofType : field.type;
        const isPage = /(Connection|GroupPage)$/.test(type.name) && ['nodes', 'edges'].includes(field.name);
        return isListType(list) && isObjectType(getNamedType(list)) && !isPage;
      });
      // a bulk mutation has a result for each item of its input, 1,000 at most
      const isOfItems = (name: string) => /^\w+Payload\.results$/.test(name);
      expect(plain.map(({ name }) => name).filter((name) => !(name in BOUNDED) && !isOfItems(name))).toEqual([]);
    });

    test('pages connections forward and backward', () => {
      const connections = fields.filter(({ field }) => getNamedType(field.type).name.endsWith('Connection'));
      expect(connections.length).toBeGreaterThan(0);
      for (const { name, field } of connections)
        expect([name, ...field.args.map((argument) => argument.name)]).toEqual(
          expect.arrayContaining([name, 'first', 'after', 'last', 'before', 'filter']),
        );
    });

    test('writes enum values in upper case', () => {
      const values = types.filter(isEnumType).flatMap((type) => type.getValues().map(({ name }) => name));
      expect(values.filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name))).toEqual([]);
    });

    test('cites the specification of each custom scalar', () => {
      const scalars = types.filter(isScalarType).filter((type) => !isSpecifiedScalarType(type));
      expect(scalars.length).toBeGreaterThan(0);
      expect(scalars.filter(({ specifiedByURL }) => !specifiedByURL).map(({ name }) => name)).toEqual([]);
    });

    test('describes root lists by their contents and their filters', () => {
      const lists = Object.values(schema.getQueryType()!.getFields()).filter(({ type }) =>
        models.has(getNamedType(type).name.replace(/Connection$/, '')),
      );
      for (const { type, description, args } of lists) {
        const named = getNamedType(type).name;
        if (!named.endsWith('Connection')) continue;
        const model = models.get(named.replace(/Connection$/, ''))!;
        expect(description).toContain(model.description);
        expect(description).toContain('Filter by ');
        expect(description?.includes('order by ')).toBe(args.some(({ name }) => name === 'orderBy'));
      }
    });

    test('uses American English, and names the unit of money', () => {
      const texts = subgraph.sdl.match(/"""[\s\S]*?"""|\w+(?=[(:])/g)!;
      // descriptions and names of fields; enum values such as CANCELLED are stored
      expect(texts.filter((text) => BRITISH.test(text))).toEqual([]);
      const money = fields.filter(({ field }) => /\bcents\b/i.test(field.description ?? ''));
      expect(money.filter(({ field }) => !field.name.endsWith('Cents')).map(({ name }) => name)).toEqual([]);
    });
  },
);

test('lists only existing fields as bounded lists', () => {
  const names = subgraphs.flatMap(({ sdl }) => {
    const schema = buildASTSchema(parse(sdl), { assumeValidSDL: true });
    return Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
  });
  expect(Object.keys(BOUNDED).filter((name) => !names.includes(name))).toEqual([]);
});
