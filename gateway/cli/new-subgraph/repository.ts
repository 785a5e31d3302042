import type { Container } from './deployment';
import type { SubgraphPlan } from './plan';

/** Versions of what a repository needs beside the package of this project. */
export interface Versions {
  readonly ordergraph: string;
  readonly typescript: string;
  readonly nodeTypes: string;
}

export const tarballOf = ({ ordergraph }: Versions): string => `ordergraph-${ordergraph}.tgz`;

export const MODULE = './dist/subgraph.js';

export const repositoryContainer = ({ name }: SubgraphPlan): Container => ({
  image: `${name}:latest`,
  build: `    build:
      # the folder of this repository
      context: \${${name.toUpperCase()}_CONTEXT:?set it in .env}
`,
  module: MODULE,
  isMigrated: false,
});

/** Files of a repository of its own, beside the sources in `src`. */
export function repositoryFiles({ name, agency }: SubgraphPlan, versions: Versions): ReadonlyMap<string, string> {
  const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
  return new Map([
    [
      'package.json',
      json({
        name: `${name}-subgraph`,
        version: '0.1.0',
        private: true,
        description: `Subgraph ${name} of ${agency.name}`,
        engines: { node: '>=22.13' },
        scripts: {
          build: 'tsc',
          start: `tsc && ordergraph subgraph ${MODULE}`,
          test: 'tsc && node --test "dist/**/*.test.js"',
          schema: `tsc && ordergraph schema --of ${MODULE} > schema.graphql`,
          exercise: `tsc && ordergraph exercise ${MODULE}`,
          migration: `tsc && ordergraph migration ${MODULE}`,
        },
        dependencies: { ordergraph: `file:vendor/${tarballOf(versions)}` },
        devDependencies: { '@types/node': versions.nodeTypes, typescript: versions.typescript },
      }),
    ],
    [
      'tsconfig.json',
      json({
        compilerOptions: {
          ...{ target: 'es2022', module: 'nodenext', lib: ['es2023'], types: ['node'], strict: true },
          ...{ noUncheckedIndexedAccess: true, experimentalDecorators: true, useDefineForClassFields: false },
          ...{ skipLibCheck: true, rootDir: 'src', outDir: 'dist' },
        },
        include: ['src'],
      }),
    ],
    [
      '.github/workflows/check.yml',
      `name: check
on: [push, pull_request]
permissions: { contents: read }
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24, cache: npm }
      - run: npm ci --ignore-scripts
      - run: npm test
      # the committed schema is the one that is served
      - run: npm run schema && git diff --exit-code schema.graphql
`,
    ],
    ['.gitignore', 'node_modules/\ndist/\n.data/\n'],
    ['.dockerignore', 'node_modules\ndist\n.data\n.git\n'],
    [
      'Dockerfile',
      `FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY vendor vendor
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY tsconfig.json ./
COPY src src
RUN npx tsc && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN mkdir /record && chown node:node /record
USER node
EXPOSE 4000
ENTRYPOINT ["node_modules/.bin/ordergraph"]
CMD ["subgraph", "${MODULE}"]
`,
    ],
  ]);
}
