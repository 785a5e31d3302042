import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { printApiSchema } from '../../gateway/graph/api-schema';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { installClients, type RunningGraph, runScenario, serveGraph } from '../support/clients';
import { INSPECTOR } from '../support/identity';
import { QUESTIONS } from '../support/questions';

const TESTS = join(packageRoot, 'test');
const MUTATIONS = join(TESTS, 'clients', 'documents');
const documentFiles = [QUESTIONS, MUTATIONS].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => join(folder, file)),
);

let folder: string;
let graph: RunningGraph;
const run = async <Result>(program: string, scenario: string, input: object = {}) =>
  runScenario<Result>(program, scenario, { graph: await graph.endpoint(INSPECTOR), ...input });

beforeAll(async () => {
  await installClients();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-tools-'));
  graph = await serveGraph();
});
afterAll(async () => {
  await graph?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('GraphQL Code Generator', () => {
  describe('code generation', () => {
    test('generates types for all documents that compile under --strict', async () => {
      const files = await run<string[]>('codegen.mjs', 'generate', { folder, documents: documentFiles });
      expect(files).toContain(join(folder, 'gql', 'graphql.ts'));
      const generated = readFileSync(join(folder, 'gql', 'graphql.ts'), 'utf8');
      for (const document of ['TheOrderAtAGlance', 'YearOnYear', 'DraftSubmission'])
        expect(generated).toContain(`export const ${document}Document`);
      const compiler = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
      const compile = () => execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
      expect(compile()).toBe('');
    });
  });
});

describe('GraphQL Inspector', () => {
  describe('validation', () => {
    test('finds all documents valid and free of deprecated fields, and the fields they cover', async () => {
      const documents = Object.fromEntries(documentFiles.map((file) => [file, readFileSync(file, 'utf8')]));
      const { problems, coverage } = await run<{ problems: object[]; coverage: Record<string, string[]> }>(
        'inspector.mjs',
        'inspect',
        { documents },
      );
      expect(problems).toEqual([]);
      expect(coverage.Mutation!.sort()).toEqual([
        'draftSubmission',
        'fileSubmission',
        'offerAccess',
        'registerModel',
        'registerModelVersion',
      ]);
      expect(coverage.Query).toEqual(expect.arrayContaining(['executiveOrder', 'submissions', 'sector']));
      expect(coverage.ExecutiveOrder).toContain('workforceMetrics');
    });
  });
});

describe('graphql-eslint', () => {
  describe('validation', () => {
    test('finds nothing to report about operations by its recommended rules', async () => {
      const schema = join(folder, 'schema.graphql');
      writeFileSync(schema, printApiSchema(readText(OWN_SUPERGRAPH_FILE, 'The supergraph')));
      const patterns = ['test/questions/*.graphql', 'test/clients/documents/*.graphql'];
      const input = { folder: packageRoot, schema, patterns };
      const results = await run<{ file: string; problems: string[] }[]>('eslint.mjs', 'lint', input);
      expect(results.map(({ file }) => file).sort()).toEqual([...documentFiles].sort());
      expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
    });
  });
});

describe('graphql-http', () => {
  describe('GraphQL over HTTP', () => {
    test('passes every audit of levels MUST and SHOULD', async () => {
      const { MUST, SHOULD, MAY } = await run<Record<string, { passed: number; failed: string[] }>>(
        'audit.mjs',
        'audit',
      );
      expect([MUST!.failed, SHOULD!.failed]).toEqual([[], []]);
      expect([MUST!.passed, SHOULD!.passed]).toEqual([13, 23]);
      process.stdout.write(
        `graphql-http: ${MUST!.passed} MUST, ${SHOULD!.passed} SHOULD and ${MAY!.passed} MAY audits pass\n`,
      );
      for (const failure of MAY!.failed) process.stdout.write(`graphql-http, not required: ${failure}\n`);
    });
  });
});
