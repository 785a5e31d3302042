import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { type Running, runProgram } from '../processes';
import type { ComposeFile, ComposeService } from './file';
import type { Image } from './image';
import { type Layout, layoutOf } from './network';
import { third } from './third-party';

/** Program and user of a service's container. */
export interface Program {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly uid: string;
  readonly copies: Image['copies'];
  /** Symbolic links in the image. */
  readonly links: readonly (readonly [path: string, target: string])[];
  /** Folders that belong to the user, as new volumes there do; undefined when the image prepares its own. */
  readonly owned: readonly string[] | undefined;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const NODE = '/opt/node/bin/node';

/**
 * Runs the services of a Compose file without a container engine, by the parts that containers consist of: each has a network
 * namespace with the addresses of its networks, its own root that is read-only if the file says so, its volumes, secrets, and
 * tmpfs, its user, no capability and no way to new ones, and exactly its environment. Linux only; needs no root where users may
 * create namespaces.
 */
export class ComposeMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'ordergraph-compose-'));
  private readonly layout: Layout;
  private holder: ChildProcess | undefined;
  private scripts = 0;

  /** @param project folder to which paths of the Compose file are relative */
  constructor(
    private file: ComposeFile,
    private readonly image: Image,
    private readonly project: string,
  ) {
    this.layout = layoutOf(file);
  }

  /** Creates the networks, and a network namespace for each service. */
  async start(): Promise<void> {
    const script = [
      'set -e',
      'mount -t tmpfs -o mode=755 none /run',
      'mkdir /run/netns',
      'ip link set lo up',
      ...this.layout.commands,
      'echo ready',
      'exec sleep infinity',
    ].join('\n');
    const namespaces = ['--user', '--map-root-user', '--net', '--mount', '--propagation', 'private'];
    const holder = spawn('unshare', [...namespaces, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.holder = holder;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        output += chunk;
        if (/^ready$/m.test(output)) resolve();
      };
      holder.stdout!.on('data', hear);
      holder.stderr!.on('data', hear);
      holder.on('exit', () => reject(new Error(`The namespaces could not be created:\n${output}`)));
    });
  }

  /** The address of a service in a network. */
  address(service: string, network: string): string {
    return this.layout.addresses.get(service)!.get(network)!;
  }

  /** The addresses of a service in all of its networks. */
  addresses(service: string): string[] {
    return [...this.layout.addresses.get(service)!.values()];
  }

  /** Runs a program on the machine itself, outside of all containers. */
  exec(program: string, args: readonly string[]): Running {
    return runProgram('nsenter', [...this.enter(), program, ...args]);
  }

  /** Runs a program in the network of a service, outside of its container. */
  execBeside(service: string, program: string, args: readonly string[]): Running {
    return this.exec('nsenter', [`--net=/run/netns/${service}`, program, ...args]);
  }

  /** Uses this file for containers that start from now on; networks stay. */
  update(file: ComposeFile): void {
    this.file = file;
  }

  /** Starts the container of a service, or another command in a container like it. */
  run(name: string, command?: readonly string[]): Running {
    const [program, ...args] = this.commandOf(name, command);
    return this.exec(program!, args);
  }

  /** The program and arguments of {@link start}. */
  hostCommandOf(name: string, command?: readonly string[]): [program: string, args: string[]] {
    return ['nsenter', [...this.enter(), ...this.commandOf(name, command)]];
  }

  private commandOf(name: string, command = this.programOf(name).command): string[] {
    const script = join(this.folder, `${name}.${this.scripts++}.sh`);
    writeFileSync(script, this.containerScript(name));
    const namespaces = ['--mount', '--propagation', 'private', 'nsenter', `--net=/run/netns/${name}`];
    return ['unshare', ...namespaces, 'sh', script, ...command];
  }

  /** The program and the first arguments of a service, its own or those of its image; commands follow it. */
  entrypointOf(name: string): readonly string[] {
    const { build, entrypoint } = this.file.services[name]!;
    return entrypoint ?? (build ? this.image.entrypoint : []);
  }

  /** Runs the health check of a service once. */
  async isHealthy(name: string): Promise<boolean> {
    const [kind, ...command] = this.file.services[name]!.healthcheck!.test;
    return (await this.run(name, kind === 'CMD' ? command : ['sh', '-c', command[0]!]).ended) === 0;
  }

  /** The folder behind a named volume. */
  volume(name: string): string {
    return join(this.folder, 'volumes', name);
  }

  private enter(): string[] {
    return ['-t', String(this.holder!.pid), '-U', '-m', '-n', '--preserve-credentials', '--'];
  }

  private programOf(name: string): Program {
    const service = this.file.services[name]!;
    const environment = service.environment ?? {};
    if (!service.build) return third(service, environment);
    const { image } = this;
    return {
      command: [...this.entrypointOf(name), ...(service.command ?? [])],
      environment: { ...image.environment, ...environment },
      folder: image.folder,
      uid: image.user === 'node' ? '1000' : image.user,
      copies: image.copies,
      links: [],
      owned: image.owned,
    };
  }

  private containerScript(name: string): string {
    const service = this.file.services[name]!;
    const program = this.programOf(name);
    const uid = service.user?.split(':')[0] ?? program.uid;
    const variables = { PATH: '/opt/node/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp', ...program.environment };
    const hosts = join(this.folder, `${name}.hosts`);
    keepFile(hosts, this.layout.hostsFor(name));
    return [
      'set -e',
      `root=/run/root-${name}`,
      'mkdir -p $root',
      'mount -t tmpfs -o mode=755 none $root',
      'cd $root',
      'mkdir -m 755 usr etc dev proc run var opt .old',
      'mkdir -m 1777 tmp',
      'for link in bin sbin lib lib32 lib64 libx32; do if [ -L /$link ]; then cp -a /$link .; elif [ -e /$link ]; then mkdir $link; mount --bind /$link $link; fi; done',
      'mount --rbind /usr usr',
      'mount -o remount,bind,ro usr',
      'mount --rbind /etc etc',
      'mount -o remount,bind,ro etc',
      'mount --rbind /proc proc',
      'for device in null zero random urandom; do touch dev/$device; mount --bind /dev/$device dev/$device; done',
      'ln -s /proc/self/fd dev/fd',
      ...['stdin', 'stdout', 'stderr'].map((name, descriptor) => `ln -s /proc/self/fd/${descriptor} dev/${name}`),
      'mkdir dev/shm',
      'mount -t tmpfs -o mode=1777,size=64m none dev/shm',
      ...bound(hosts, '/etc/hosts', 'ro'),
      ...bound(realpathSync(process.execPath), NODE, 'ro'),
      ...program.copies.flatMap(({ from, to }) => bound(realpathSync(join(packageRoot, from)), to, 'ro')),
      ...(service.configs ?? []).flatMap(({ source, target }) => this.config(name, source, target)),
      ...(service.volumes ?? []).flatMap((volume) => this.mountOf(volume, program)),
      ...(service.tmpfs ?? []).flatMap((tmpfs) => tmpfsAt(tmpfs)),
      ...program.links.map(([path, target]) => `ln -s ${target} .${path}`),
      `mkdir -p .${program.folder}`,
      'pivot_root . .old',
      'umount -l /.old',
      ...(service.read_only ? ['mount -o remount,bind,ro /'] : []),
      `cd ${program.folder}`,
      `exec unshare --user --map-user=${uid} --map-group=${uid} setpriv --no-new-privs env -i ${Object.entries(
        variables,
      )
        .map(([variable, value]) => quote(`${variable}=${value}`))
        .join(' ')} "$@"`,
      '',
    ].join('\n');
  }

  private config(name: string, source: string, target: string): string[] {
    const file = join(this.folder, `${name}.${source}`);
    keepFile(file, this.file.configs[source]!.content);
    return bound(file, target, 'ro');
  }

  private mountOf(volume: string, { owned }: Program): string[] {
    const [source, target, mode] = volume.split(':') as [string, string, string?];
    if (source.includes('/')) return bound(join(this.project, source), target, mode);
    const folder = this.volume(source);
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true });
      // a new volume belongs to the owner of its mount point in the image: root, unless the image says otherwise
      if (owned && !owned.includes(target)) chmodSync(folder, 0o555);
    }
    return bound(folder, target, mode);
  }

  /** Ends what still runs, and removes everything. */
  async stop(): Promise<void> {
    this.holder?.removeAllListeners('exit');
    this.holder?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Writes a file that containers may be reading: every health check reads it, and must not see it half written. */
function keepFile(file: string, content: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return;
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

/** Commands that put a file or folder at a path in the root that is being built. */
function bound(source: string, target: string, mode: string | undefined): string[] {
  const isFolder = existsSync(source) && statSync(source).isDirectory();
  return [
    `[ -e .${target} ] || { mkdir -p .${target.replace(/\/[^/]*$/, '') || '/'}; ${isFolder ? 'mkdir' : 'touch'} .${target}; }`,
    `mount --rbind ${quote(source)} .${target}`,
    ...(mode === 'ro' ? [`mount -o remount,bind,ro .${target}`] : []),
  ];
}

function tmpfsAt(tmpfs: string): string[] {
  const [path, options = 'mode=1777'] = tmpfs.split(':') as [string, string?];
  return [`mkdir -p .${path}`, `mount -t tmpfs -o ${options} none .${path}`];
}

/** Milliseconds that Compose waits after SIGTERM before it kills. */
export const graceOf = ({ stop_grace_period: grace = '10s' }: ComposeService): number =>
  Number.parseInt(grace, 10) * 1_000;
