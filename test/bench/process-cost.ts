import { readdirSync, readFileSync } from 'node:fs';

const TICKS_A_SECOND = 100;

/** CPU seconds used by a process and its children, from the operating system. Linux only. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const id of [pid, ...descendants(pid)]) {
    const fields = stat(id);
    if (fields) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_A_SECOND;
}

/** Resident megabytes of a process and its children. */
export function residentMb(pid: number): number {
  let bytes = 0;
  for (const id of [pid, ...descendants(pid)]) {
    const fields = stat(id);
    if (fields) bytes += Number(fields[21]) * 4_096;
  }
  return bytes / 2 ** 20;
}

/** The fields after the name, from the state on. */
function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function descendants(pid: number): number[] {
  const children: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = stat(Number(name));
    if (fields && Number(fields[1]) === pid) children.push(Number(name), ...descendants(Number(name)));
  }
  return children;
}
