import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const asRoot = (program: string, ...args: string[]): boolean =>
  process.getuid?.() === 0 ? run(program, ...args) : run('sudo', '-n', program, ...args);

/** A file system in memory that can be filled to its last block. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Undefined if this user may not mount one; throws under CI. */
  static mount(megabytes: number): SmallDisk | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'ordergraph-disk-'));
    if (asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'tmpfs', folder))
      return new SmallDisk(folder);
    rmSync(folder, { recursive: true });
    if (process.env.CI)
      throw new Error('Tests of a full disk mount a tmpfs: run them as root, or allow sudo without a password');
    return undefined;
  }

  private get ballast(): string {
    return join(this.folder, 'ballast');
  }

  /** Leaves no block free. */
  fill(): void {
    const file = openSync(this.ballast, 'a');
    try {
      for (const block = Buffer.alloc(4_096); ; ) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.ballast, { force: true });
  }

  unmount(): void {
    asRoot('umount', '-l', this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
