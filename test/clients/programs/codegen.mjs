import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { preset } from '@graphql-codegen/client-preset';
import { runScenarios } from './scenarios.mjs';

const require = createRequire(import.meta.url);

/** Uses generated types as an application would; each expected error is one that the types have to report. */
const APPLICATION = `
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { DueSoonDocument, OneDeveloperDocument, RegisterModelDocument, TheOrderAtAGlanceDocument } from './gql/graphql';

const developer: VariablesOf<typeof OneDeveloperDocument> = { key: 'exercise-alder' };
// @ts-expect-error the key is required
const noDeveloper: VariablesOf<typeof OneDeveloperDocument> = {};
const model: VariablesOf<typeof RegisterModelDocument> = {
  input: { idempotencyKey: 'a', codename: 'b', modalities: [], parameterCount: '1750000000000' },
};
const wrongModel: VariablesOf<typeof RegisterModelDocument> = {
  // @ts-expect-error a BigNumber is a text
  input: { idempotencyKey: 'a', codename: 'b', modalities: [], parameterCount: {} },
};

export function goalOf(result: ResultOf<typeof TheOrderAtAGlanceDocument>): number | null | undefined {
  return result.executiveOrder?.workforceMetrics?.goal;
}
// @ts-expect-error the order may be unknown
export const numberOf = (result: ResultOf<typeof TheOrderAtAGlanceDocument>): string => result.executiveOrder.number;
export const used = [developer, noDeveloper, model, wrongModel, DueSoonDocument];
`;

await runScenarios({
  /** Writes typed documents and an application that uses them into a folder, with a `tsconfig.json`. */
  async generate({ graph, folder, documents }) {
    const files = await generate(
      {
        schema: [{ [graph.url]: { headers: graph.headers } }],
        documents,
        silent: true,
        generates: {
          [`${join(folder, 'gql')}/`]: {
            preset,
            config: {
              strictScalars: true,
              scalars: { BigNumber: 'string', Date: 'string', DateTime: 'string', Sha256: 'string', URL: 'string' },
              useTypeImports: true,
            },
          },
        },
      },
      true,
    );
    await writeFile(join(folder, 'application.ts'), APPLICATION);
    const packageOf = (name) => dirname(require.resolve(`${name}/package.json`));
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      module: 'esnext',
      moduleResolution: 'bundler',
      target: 'es2022',
      types: [],
      paths: {
        '@graphql-typed-document-node/core': [packageOf('@graphql-typed-document-node/core')],
        graphql: [packageOf('graphql')],
      },
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
    return files.map(({ filename }) => filename);
  },
});
