import type { ComposeService } from './file';
import type { Program } from './machine';

/** Where clients look for the socket. The folder is on the volume, so that every container of the service has it. */
const MYSQL_SOCKET = '/run/mysqld/mysqld.sock';

/** The first start of the MySQL image: the password of its root, then the scripts of its folder for them. */
export const MYSQL_FIRST_START = [
  'sh',
  '-ec',
  `mysql --user=root -e "SET PASSWORD FOR root@localhost = PASSWORD('$MYSQL_ROOT_PASSWORD')"
for script in /docker-entrypoint-initdb.d/*.sh; do bash "$script"; done`,
];

/** The programs in third-party images, run from this machine. Their folders are prepared. */
export function third(service: ComposeService, environment: Readonly<Record<string, string>>): Program {
  const [name] = service.image!.split(':');
  const make = PROGRAMS[name!];
  if (!make) throw new Error(`There is no program for the image "${service.image}" in test/support/compose`);
  return {
    environment: { ...environment, MYSQL_UNIX_PORT: MYSQL_SOCKET },
    copies: [],
    owned: undefined,
    links: [],
    ...make(service),
  };
}

const PROGRAMS: Readonly<
  Record<
    string,
    (service: ComposeService) => Pick<Program, 'command' | 'uid' | 'folder'> & Partial<Pick<Program, 'links'>>
  >
> = {
  nginx: () => ({ command: ['nginx', '-g', 'daemon off;'], uid: '101', folder: '/' }),
  // the image stores its files in its working directory
  redis: ({ command = [], volumes = [] }) => ({
    command: [...command, '--protected-mode', 'no'],
    uid: '999',
    folder: volumes.length > 0 ? '/data' : '/',
  }),
  mysql: ({ command = [] }) => ({
    command: [
      'sh',
      '-c',
      `[ -d /var/lib/mysql/mysql ] || mariadb-install-db --no-defaults --datadir=/var/lib/mysql --auth-root-authentication-method=normal --skip-test-db > /dev/null
exec mariadbd --no-defaults --datadir=/var/lib/mysql --socket=$MYSQL_UNIX_PORT --pid-file=/tmp/mysql.pid --bind-address=0.0.0.0 ${command.join(' ')}`,
    ],
    uid: '999',
    folder: '/',
    links: [['/run/mysqld', '/var/lib/mysql']],
  }),
};
