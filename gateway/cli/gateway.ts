import type { GraphQLDataSource } from '@apollo/gateway';
import { OperatorError } from '../../shared/errors';
import { listen } from '../../shared/http/listen';
import { describeConfig, type GatewayConfig } from '../config';
import { createGateway } from '../server';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { createLog } from '../telemetry/log';
import { HttpDataSource } from '../transport/http';
import { readText } from './read-text';
import { closeOnSignal } from './shutdown';

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
      forwardHeaders: config.forwardHeader,
    });
    sources.push(source);
    return source;
  };
  process.stdout.write(`Gateway\n${describeConfig(config)}\n  supergraph = ${supergraph ?? 'the four programmes'}\n`);
  const server = await createGateway({ supergraphSdl, config, log, transport });
  closeOnSignal(log, async () => {
    await server.close();
    await Promise.all(sources.map((source) => source.close()));
  });
  const address = await listen(server, config.host, config.port);
  process.stdout.write(`The graph answers at ${address}/graphql\n`);
}
