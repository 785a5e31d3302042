import type { GraphQLDataSource } from '@apollo/gateway';
import { OperatorError } from '../../shared/errors';
import { listen } from '../../shared/http/listen';
import { PRINCIPAL_HEADER } from '../../shared/identity/principal';
import { describeConfig, type GatewayConfig } from '../config';
import { createGateway } from '../server';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { createLog } from '../telemetry/log';
import { HttpFileExchange } from '../transport/files';
import { HttpDataSource } from '../transport/http';
import { readText } from './read-text';
import { closeOnSignal } from './shutdown';
import { defaultUrl, FILES_SUBGRAPH } from './subgraphs';

export interface GatewayOptions {
  config: GatewayConfig;
  supergraph?: string;
  /** `name=url`, in place of what the supergraph says. */
  urls: readonly string[];
}

function parseUrls(urls: readonly string[]): Map<string, string> {
  return new Map(
    urls.map((entry) => {
      const [name = '', ...rest] = entry.split('=');
      const url = rest.join('=');
      if (name === '' || !URL.canParse(url))
        throw new OperatorError(
          `"${entry}" does not say where a subgraph answers`,
          'Write --subgraph-url name=http://host:port/graphql',
        );
      return [name.trim(), url.trim()];
    }),
  );
}

/** Runs the gateway over HTTP subgraphs until a signal ends it. */
export async function startGateway({ config, supergraph, urls }: GatewayOptions): Promise<void> {
  const log = createLog(config.logLevel, 'gateway');
  const supergraphSdl = readText(supergraph ?? OWN_SUPERGRAPH_FILE, 'The supergraph');
  const given = parseUrls(urls);
  // the four programmes of this repository are told who asks; subgraphs that nobody here wrote only what they are to be told
  const own = supergraph === undefined;
  const files = own
    ? new HttpFileExchange(FILES_SUBGRAPH, given.get(FILES_SUBGRAPH) ?? defaultUrl(FILES_SUBGRAPH))
    : undefined;
  const sources: HttpDataSource[] = [];
  const transport = ({ name, url }: { name: string; url?: string }): GraphQLDataSource => {
    const address = given.get(name) ?? url;
    if (!address || !URL.canParse(address))
      throw new OperatorError(
        `The supergraph does not say where its subgraph "${name}" answers`,
        `Add --subgraph-url ${name}=http://host:port/graphql`,
      );
    const source = new HttpDataSource(name, address, {
      timeoutMs: config.subgraphTimeoutMs,
      maxResponseBytes: config.maxResponseBytes,
      forwardHeaders: own ? [...config.forwardHeader, PRINCIPAL_HEADER] : config.forwardHeader,
    });
    sources.push(source);
    return source;
  };
  process.stdout.write(`Gateway\n${describeConfig(config)}\n  supergraph = ${supergraph ?? 'the four programmes'}\n`);
  const server = await createGateway({ supergraphSdl, config, log, transport, files });
  closeOnSignal(log, async () => {
    await server.close();
    await Promise.all([...sources, ...(files ? [files] : [])].map((source) => source.close()));
  });
  const address = await listen(server, config.host, config.port);
  process.stdout.write(`The graph answers at ${address}/graphql\n`);
}
