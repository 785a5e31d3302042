import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import type Resolver from 'jest-resolve';
import JestRuntime from 'jest-runtime';
import './graphql';

type Parameters = ConstructorParameters<typeof JestRuntime>;

/**
 * Runs test files and their helpers as Jest does, in its sandbox, but loads the product and all packages as Node does: compiled, once
 * for all files of a worker. Files share the product as the graphs of one process do: its modules keep nothing of a graph that is closed.
 */
export default class Runtime extends JestRuntime {
  private readonly root: string;
  private readonly resolver: Resolver;

  constructor(...parameters: Parameters) {
    super(...parameters);
    const [{ rootDir }, , resolver] = parameters;
    this.root = rootDir;
    this.resolver = resolver;
  }

  override requireModule<T>(
    from: string,
    moduleName?: string,
    ...rest: [options?: never, isRequireActual?: boolean]
  ): T {
    // with options for the modules of Jest itself
    const native = moduleName && rest[0] === undefined ? this.nativeName(from, moduleName) : null;
    if (native === null) return super.requireModule(from, moduleName, ...rest);
    // the names of package.json's imports hold for all folders, also for packages inside
    return createRequire(native.startsWith('#') ? join(this.root, 'package.json') : from)(native);
  }

  /** The name by which Node loads a module: that of a package, or a compiled file. Null for tests, their helpers, and modules of Node. */
  private nativeName(from: string, moduleName: string): string | null {
    if (this.resolver.isCoreModule(moduleName)) return null;
    if (!/^[./]/.test(moduleName)) return moduleName;
    const file = relative(this.root, this.resolver.resolveModule(from, moduleName));
    if (!SHARED.some((folder) => file.startsWith(folder + sep)) || file.endsWith('.test.ts')) return null;
    if (file.startsWith(PAGES + sep)) return null;
    return join(this.root, 'dist', file).replace(/\.ts$/, '.js');
  }
}

/** Folders of the product, and of what the tests of a worker share. */
const SHARED = ['gateway', 'shared', 'subgraphs', join('test', 'worker')];

/** Sources of the pages, which only their build compiles: tests load them as they are. */
const PAGES = join('gateway', 'explorer');
