import type { z } from 'zod';
import { OperatorError } from './errors';
import { nearest } from './nearest';

/** One setting of a process: its environment variable, values, default, and meaning. Its flag is its name in kebab case. */
export interface Setting {
  /** Environment variable; `<NAME>` in it stands for the name of a subgraph, in upper case. */
  readonly env: string;
  /** Variable for all subgraphs of the process, used if `env` is not set. */
  readonly commonEnv?: string;
  /** Name of the variable in earlier releases; still read, with a warning. */
  readonly formerEnv?: string;
  /** False for settings that are read while modules load, before flags are parsed. */
  readonly hasFlag?: false;
  readonly schema: z.ZodType;
  readonly default: unknown;
  /** Default for help texts, if it depends on other settings. */
  readonly defaultHelp?: string;
  /** Name of the flag's value in help texts, such as `file`. */
  readonly value?: string;
  readonly help: string;
}

export type SettingTable = Readonly<Record<string, Setting>>;
export type SettingValues<Table extends SettingTable> = {
  readonly [Name in keyof Table]: z.output<Table[Name]['schema']>;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Default of a setting, for help texts. */
export const defaultOf = (setting: Pick<Setting, 'default' | 'defaultHelp'>): string =>
  setting.defaultHelp ?? (String(setting.default) || 'none');

/** Variable of a setting for one subgraph. */
export const variableOf = (env: string, subgraph: string | undefined): string =>
  subgraph === undefined ? env : env.replace('<NAME>', subgraph.toUpperCase());

/** Value from a variable, with the variable's name. An empty variable counts as unset. */
function fromEnvironment(
  { env, commonEnv, formerEnv }: Setting,
  environment: Environment,
  subgraph: string | undefined,
): readonly [source: string, value: string] | undefined {
  for (const variable of [variableOf(env, subgraph), commonEnv, formerEnv]) {
    const value = variable === undefined ? undefined : environment[variable];
    if (value?.trim()) return [variable!, value];
  }
  return undefined;
}

/**
 * Values of settings. Flags override variables, which override defaults. No other code reads the environment.
 * @param subgraph name that replaces `<NAME>` in variables
 * @throws OperatorError with the source of an invalid value
 */
export function readSettings<Table extends SettingTable>(
  table: Table,
  flags: Readonly<Record<string, unknown>> = {},
  environment: Environment = process.env,
  subgraph?: string,
): SettingValues<Table> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const flag = setting.hasFlag === false ? undefined : flags[name];
    const [source, value] =
      flag === undefined
        ? (fromEnvironment(setting, environment, subgraph) ?? [setting.env, setting.default])
        : [flagOf(name), flag];
    if (flag !== undefined && [flag].flat().some((part) => String(part).trim() === ''))
      throw new OperatorError(`${source} is empty`, `Leave it out, or give it a value. ${setting.help}`);
    if (value === setting.default) {
      values[name] = value;
      continue;
    }
    const parsed = setting.schema.safeParse(value);
    if (!parsed.success)
      throw new OperatorError(
        `${source} is "${withoutSecrets(value)}": ${parsed.error.issues[0]!.message}`,
        `${setting.help} Default: ${defaultOf(setting)}`,
      );
    values[name] = parsed.data;
  }
  return values as SettingValues<Table>;
}

/**
 * One line per setting, without passwords.
 * @param effective values derived from other settings, by setting
 */
export function describeSettings(
  values: Readonly<Record<string, unknown>>,
  effective: Readonly<Record<string, string>> = {},
): string {
  return Object.entries({ ...values, ...effective })
    .map(([name, value]) => `  ${name} = ${Array.isArray(value) ? listed(value) : withoutSecrets(value)}`)
    .join('\n');
}

const listed = (values: readonly unknown[]): string => values.map(withoutSecrets).join(', ') || '(none)';

/** Hides what may be secret in a value: user information and query values of URLs, and pasted keys. */
export function withoutSecrets(value: unknown): string {
  const text = String(value);
  if (/^\s*[[{]|-----BEGIN|^(MC4C|eyJ)/.test(text)) return '…';
  return text.replace(/([a-z][\w+.-]*:\/\/).*@/gi, '$1…@').replace(/([?&#][^=&#\s]+=)[^&#\s]*/g, '$1…');
}

/** Variables of tests and scripts. */
const OF_SCRIPTS = /^ORDERGRAPH_(?:NODE$|TEST_|BENCH_|PUBLISHED_DATA$)/;

/** One warning per unknown or renamed variable. Never contains values. @param subgraphsIn names of the subgraphs that an environment has settings of */
export function environmentWarnings(
  tables: readonly SettingTable[],
  subgraphsIn: (environment: Environment) => readonly string[],
  environment: Environment = process.env,
): string[] {
  const subgraphs = subgraphsIn(environment);
  const all = tables.flatMap((table) => Object.values(table));
  const variables = new Set(
    all.flatMap(({ env, commonEnv }) => [
      ...(env.includes('<NAME>') ? subgraphs.map((name) => variableOf(env, name)) : [env]),
      ...(commonEnv === undefined ? [] : [commonEnv]),
    ]),
  );
  const unknown = Object.keys(environment)
    .filter((name) => name.startsWith('ORDERGRAPH_') && !variables.has(name) && !OF_SCRIPTS.test(name))
    .map((name) => `${name} is not a setting and has no effect${nearestVariable(name, variables)}`);
  const former = new Map(all.flatMap(({ env, formerEnv }) => (formerEnv ? [[formerEnv, env] as const] : [])));
  const renamed = [...former]
    .filter(([name]) => environment[name])
    .map(([name, current]) => `${name} is now ${current}; the former name still works, and will stop working`);
  return [...unknown, ...renamed].sort();
}

const PREFIX = 'ORDERGRAPH_';

/** Compared without the prefix that all have. */
function nearestVariable(name: string, known: ReadonlySet<string>): string {
  const rest = (variable: string) => variable.replace(PREFIX, '').toLowerCase();
  return nearest(rest(name), [...known].map(rest)).replace(
    /"([^"]+)"/g,
    (_, near) => `"${PREFIX}${near.toUpperCase()}"`,
  );
}
