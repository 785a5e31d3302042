import { z } from 'zod';
import { OperatorError } from '../shared/errors';

const port = z.coerce.number().int().min(0).max(65_535);
const list = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (typeof value === 'string' ? value.split(',') : value).map((name) => name.trim().toLowerCase()).filter(Boolean),
  );

/** Every setting of the gateway: what it is, its environment variable, its default. The one place they are declared. */
export const settings = {
  host: { env: 'ORDERGRAPH_HOST', schema: z.string().min(1), default: '127.0.0.1', help: 'Address to listen on.' },
  port: { env: 'ORDERGRAPH_PORT', schema: port, default: 4000, help: 'Port to listen on; 0 takes a free one.' },
  auth: {
    env: 'ORDERGRAPH_AUTH',
    schema: z.enum(['off']),
    default: 'off',
    help: 'Who may ask: "off" lets everyone who reaches the port ask everything.',
  },
  forwardHeader: {
    env: 'ORDERGRAPH_FORWARD_HEADERS',
    schema: list,
    default: [] as string[],
    help: 'Request header handed on to subgraphs; repeatable.',
  },
  subgraphTimeoutMs: {
    env: 'ORDERGRAPH_SUBGRAPH_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 30_000,
    help: 'Milliseconds until a fetch to a subgraph is given up.',
  },
  maxResponseBytes: {
    env: 'ORDERGRAPH_MAX_RESPONSE_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 64 * 1024 * 1024,
    help: 'Most bytes of a subgraph’s answer that are read.',
  },
  maxRequestBytes: {
    env: 'ORDERGRAPH_MAX_REQUEST_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 1024 * 1024,
    help: 'Most bytes of a request.',
  },
  logLevel: {
    env: 'ORDERGRAPH_LOG_LEVEL',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    help: 'What is logged.',
  },
} as const;

type Settings = typeof settings;
export type GatewayConfig = { readonly [Name in keyof Settings]: z.output<Settings[Name]['schema']> };

export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Flags over environment over defaults. @throws OperatorError naming the setting, where it came from, and what it may be. */
export function readConfig(
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
): GatewayConfig {
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const fromEnvironment = environment[setting.env];
    const given = flags[name] ?? fromEnvironment;
    if (given === undefined) {
      config[name] = setting.default;
      continue;
    }
    const parsed = (setting.schema as z.ZodType).safeParse(given);
    if (!parsed.success) {
      const source = flags[name] === undefined ? setting.env : flagOf(name);
      throw new OperatorError(
        `${source} is "${given}": ${parsed.error.issues[0]!.message}`,
        `${setting.help} Default: ${setting.default}`,
      );
    }
    config[name] = parsed.data;
  }
  return config as GatewayConfig;
}

/** One line a setting, for the log at start. Nothing in it is secret. */
export function describeConfig(config: GatewayConfig): string {
  return Object.entries(config)
    .map(([name, value]) => `  ${name} = ${Array.isArray(value) ? value.join(', ') || '(none)' : value}`)
    .join('\n');
}
