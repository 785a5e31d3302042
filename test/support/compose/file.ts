import { parse } from 'yaml';

/** The parts of a Compose file that {@link ComposeMachine} supports; any other is an error. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, ComposeNetwork>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

export interface ComposeService {
  readonly build?: object;
  readonly image?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks: readonly string[] | Readonly<Record<string, { readonly ipv4_address?: string }>>;
  /** `source:target` or `source:target:ro`; a source with a slash is a path, another one a named volume. */
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  /** `path` or `path:options`. */
  readonly tmpfs?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly [kind: string, ...command: string[]] };
}

export interface ComposeNetwork {
  readonly internal?: boolean;
  readonly ipam?: { readonly config: readonly [{ readonly subnet: string }] };
}

/** Keys of a service that have no effect on one process, or that every service here has. */
const IGNORED = ['cap_drop', 'security_opt', 'init', 'ports', 'restart'];
const UNDERSTOOD = new Set([
  ...[
    'build',
    'image',
    'entrypoint',
    'command',
    'environment',
    'depends_on',
    'networks',
    'volumes',
    'configs',
    'tmpfs',
    'user',
  ],
  ...['read_only', 'stop_grace_period', 'healthcheck', ...IGNORED],
]);

/**
 * Reads a Compose file as `docker compose` does: merges, and variables of an environment in values.
 * @throws Error when a required variable is missing, or for an unsupported key of a service
 */
export function readComposeFile(text: string, environment: Readonly<Record<string, string>>): ComposeFile {
  const file = interpolated(parse(text, { merge: true }), environment) as ComposeFile;
  for (const [name, service] of Object.entries(file.services)) {
    const unknown = Object.keys(service).find((key) => !UNDERSTOOD.has(key));
    if (unknown) throw new Error(`The service "${name}" has "${unknown}", which test/support/compose does not support`);
  }
  return file;
}

/** Merges a second Compose file, given after the first by `-f`: maps by key, lists one after the other. */
export function merged(base: unknown, other: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(other)) return [...base, ...other];
  if (!isMap(base) || !isMap(other)) return other ?? base;
  const keys = new Set([...Object.keys(base), ...Object.keys(other)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(base[key], other[key])]));
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function interpolated(value: unknown, environment: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return interpolatedText(value, environment);
  if (Array.isArray(value)) return value.map((item) => interpolated(item, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolated(item, environment)]));
}

/** https://docs.docker.com/reference/compose-file/interpolation/ */
function interpolatedText(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:(\$)|\{(\w+)(?:(:[-?])([^}]*))?\}|(\w+))/g,
    (_all, dollar: string | undefined, braced: string | undefined, operator: string | undefined, rest, bare) => {
      if (dollar) return '$';
      const name = braced ?? bare;
      const value = environment[name];
      if (value) return value;
      if (operator === ':-') return rest;
      if (operator === ':?') throw new Error(`required variable ${name} is missing a value: ${rest}`);
      return '';
    },
  );
}
