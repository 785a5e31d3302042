# syntax=docker/dockerfile:1
# One image for every part; the command says which part a container is.
ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY tsconfig.json ./
COPY scripts scripts
COPY gateway gateway
COPY shared shared
COPY subgraphs subgraphs
COPY test test
# swc compiles for `npm start` only
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/@swc dist/test dist/.tsbuildinfo && find dist -name '*.test.*' -delete

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/gateway/supergraph/ordergraph.graphql gateway/supergraph/
COPY --from=build /app/gateway/explorer/dist gateway/explorer/dist
COPY --from=build /app/subgraphs/agreement.json subgraphs/
# where copies of the supergraph, uploaded documents, the audit record and its seals are kept: volumes in production
RUN mkdir /anchor /copy /files /record && chown node:node /anchor /copy /files /record
USER node
EXPOSE 4000
ENTRYPOINT ["node", "dist/gateway/cli/main.js"]
CMD ["gateway"]
