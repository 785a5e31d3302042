import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';

/** A private MySQL-protocol server of this test run. */
interface PrivateServer {
  readonly process: ChildProcess;
  readonly folder: string;
}

declare global {
  var privateServer: PrivateServer | undefined;
}

const SERVERS = [
  'mariadbd',
  'mysqld',
  '/usr/sbin/mariadbd',
  '/usr/sbin/mysqld',
  '/opt/homebrew/bin/mariadbd',
  '/usr/local/bin/mariadbd',
];

function findServer(): string | undefined {
  return SERVERS.find((name) =>
    name.startsWith('/') ? existsSync(name) : spawnSync(name, ['--version']).status === 0,
  );
}

async function answers(url: string, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      const connection = await mysql.createConnection(url);
      await connection.end();
      return true;
    } catch {
      if (Date.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Starts a server on a socket in a temporary folder, which is removed with it. */
async function startPrivateServer(binary: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-mysql-'));
  const isMaria = spawnSync(binary, ['--version']).stdout.toString().includes('MariaDB');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = join(folder, 'data');
  const result = isMaria
    ? spawnSync('mariadb-install-db', [
        '--no-defaults',
        `--datadir=${data}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        ...user,
      ])
    : spawnSync(binary, ['--no-defaults', '--initialize-insecure', `--datadir=${data}`, ...user]);
  if (result.status !== 0) throw new Error(`${binary}could not create its data folder:\n${result.stderr}`);
  const socket = join(folder, 'mysql.sock');
  const server = spawn(
    binary,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-networking',
      '--innodb-flush-log-at-trx-commit=0',
      '--skip-innodb-doublewrite',
      '--innodb-buffer-pool-size=256M',
      // four workers, each with the pools of four subgraphs, need more than the default of 151
      '--max-connections=500',
      ...(isMaria ? [] : ['--mysqlx=OFF']),
      ...user,
    ],
    { stdio: 'ignore' },
  );
  globalThis.privateServer = { process: server, folder };
  const url = `mysql://root@localhost/mysql?socketPath=${encodeURIComponent(socket)}`;
  if (!(await answers(url, 60_000))) throw new Error(`${binary} did not start within 60 s`);
  return `${isMaria ? 'mariadb' : 'mysql'}://root@localhost/%?socket=${encodeURIComponent(socket)}`;
}

/**
 * Makes the folder of the databases that tests copy (`worker/templates.ts`), and finds the MySQL-protocol server for the tests: the one of
 * ORDERGRAPH_TEST_MYSQL_URL (a URL with % for the database), else a private one if MariaDB or MySQL is installed. Without either, tests on
 * MySQL are skipped, and fail under CI.
 */
export default async function databases(): Promise<void> {
  process.env.ORDERGRAPH_TEST_TEMPLATES = mkdtempSync(join(tmpdir(), 'ordergraph-templates-'));
  if (process.env.ORDERGRAPH_TEST_MYSQL_URL) return;
  const binary = findServer();
  if (binary) {
    process.env.ORDERGRAPH_TEST_MYSQL_URL = await startPrivateServer(binary);
    return;
  }
  const how = 'Install MariaDB or MySQL, or set ORDERGRAPH_TEST_MYSQL_URL, for example mysql://root@127.0.0.1:3306/%';
  if (process.env.CI) throw new Error(`No MySQL-protocol server is available for the tests. ${how}`);
  process.stderr.write(`Skipping tests on MySQL: no server was found. ${how}\n`);
}

/** Ends the private server, and removes the folder. */
export function closeDatabases(): void {
  rmSync(process.env.ORDERGRAPH_TEST_TEMPLATES!, { recursive: true, force: true });
  if (!globalThis.privateServer) return;
  globalThis.privateServer.process.kill('SIGKILL');
  rmSync(globalThis.privateServer.folder, { recursive: true, force: true, maxRetries: 5 });
}
