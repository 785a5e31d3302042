import { resolve } from 'node:path';
import { OperatorError } from '#base/errors';

/** Address of a database. */
export type DatabaseAddress =
  | { kind: 'sqlite'; file: string }
  | {
      kind: 'mysql';
      /** Scheme of the URL; `mysql` may also be MariaDB, which describes its tables differently. */
      server: 'mysql' | 'mariadb';
      host: string;
      port: number;
      user: string;
      password: string;
      database: string;
      socketPath?: string;
    };

/**
 * `mysql://user:password@host:3306/name`, or a SQLite file: `sqlite:path`, `file:path` or a bare path.
 * @throws OperatorError for any other URL
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  if (/^(mysql|mariadb):\/\//.test(text)) {
    const fix = 'Write mysql://user:password@host:3306/database';
    if (!URL.canParse(text)) throw new OperatorError(`The database URL ${redactDatabaseUrl(text)} is invalid`, fix);
    const url = new URL(text);
    const database = decodeURIComponent(url.pathname.slice(1));
    if (!/^[A-Za-z0-9_$-]+$/.test(database))
      throw new OperatorError(`The database URL ${redactDatabaseUrl(text)} has no database name`, fix);
    return {
      kind: 'mysql',
      server: text.startsWith('mariadb:') ? 'mariadb' : 'mysql',
      host: url.hostname || '127.0.0.1',
      port: url.port ? Number(url.port) : 3306,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database,
      socketPath: url.searchParams.get('socket') ?? undefined,
    };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !text.startsWith('file://'))
    throw new OperatorError(
      `"${redactDatabaseUrl(text)}" is neither MySQL nor SQLite`,
      'Write mysql://user:password@host:3306/database, or the path of a SQLite file',
    );
  if (/^[^/\\:]*:[^/\\]*@/.test(text))
    throw new OperatorError(
      'The database URL has a user and a password but no "mysql://" before them',
      'Write mysql://user:password@host:3306/database, or the path of a SQLite file',
    );
  const file = text.replace(/^(sqlite:|file:)(\/\/)?/, '');
  if (file === '')
    throw new OperatorError('The database URL is empty', 'Write the path of a SQLite file, or mysql://…');
  return { kind: 'sqlite', file: file === ':memory:' ? file : resolve(file) };
}

/** The URL without its password, for logs and messages. */
export function redactDatabaseUrl(text: string): string {
  // a password may contain any character, also an unescaped "@" or "/"
  return text.replace(/^([a-z]+:\/\/[^:/@]*):.*@/i, '$1:***@');
}
