import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 65_536;

/** Last complete line of a file, and the offset of its end. */
export async function lastLine(file: FileHandle): Promise<{ text: string | undefined; size: number }> {
  const { size } = await file.stat();
  let from = size;
  let tail = Buffer.alloc(0);
  while (from > 0) {
    const length = Math.min(CHUNK_BYTES, from);
    from -= length;
    const chunk = Buffer.alloc(length);
    await file.read(chunk, 0, length, from);
    tail = Buffer.concat([chunk, tail]);
    const end = tail.lastIndexOf(0x0a);
    const start = end <= 0 ? -1 : tail.lastIndexOf(0x0a, end - 1);
    if (end >= 0 && (start >= 0 || from === 0))
      return { text: tail.subarray(start + 1, end).toString('utf8'), size: from + end + 1 };
  }
  return { text: undefined, size: 0 };
}

/** First line of a file; empty if it is longer than a seal can be. */
export async function firstLine(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, 0);
  const text = buffer.toString('utf8', 0, bytesRead);
  return text.slice(0, Math.max(0, text.indexOf('\n')));
}

/** Opens a file to read, and closes it. */
export async function reading<Result>(path: string, work: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await open(path, 'r');
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Syncs a folder, so that a power failure does not undo a rename. */
export function syncFolder(folder: string): Promise<void> {
  return reading(folder, (handle) => handle.sync());
}
