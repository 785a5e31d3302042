import type { Trace } from '../../graph/ask';

export function Plan(_props: { trace: Trace | undefined }) {
  return null;
}

export function Timing(_props: { trace: Trace | undefined; milliseconds: number }) {
  return null;
}
