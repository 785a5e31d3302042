import type { Protected } from '../policy/policy';
import type { ReadObjects } from './entry';

/** Classes whose reading is recorded. */
const RECORDED: ReadonlySet<string> = new Set(['PROPIN', 'PII', 'ISVI']);

/** What one request has read that has to be recorded. */
export class Reads {
  private readonly keys = new Map<string, Map<Protected, Set<string>>>();

  note(type: string, sensitivity: Protected, key: string): void {
    if (!RECORDED.has(sensitivity)) return;
    let classes = this.keys.get(type);
    if (!classes) {
      classes = new Map();
      this.keys.set(type, classes);
    }
    let keys = classes.get(sensitivity);
    if (!keys) {
      keys = new Set();
      classes.set(sensitivity, keys);
    }
    keys.add(key);
  }

  get objects(): readonly ReadObjects[] {
    return [...this.keys].flatMap(([type, classes]) =>
      [...classes].map(([sensitivity, keys]) => ({
        type,
        sensitivity,
        keys: [...keys],
        count: keys.size,
      })),
    );
  }
}
