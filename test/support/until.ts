const MOST_MS = 60_000;

/** Waits until something is so. @throws when it has not come about for a minute, with what that is */
export async function until(isSo: () => Promise<boolean> | boolean, goal: () => string): Promise<void> {
  for (const begun = Date.now(); Date.now() - begun < MOST_MS; ) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It never came about that ${goal()}`);
}
