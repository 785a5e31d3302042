const MOST_MS = 60_000;

/**
 * Waits until a condition holds.
 * @throws with the goal when it does not hold within a minute
 */
export async function until(isSo: () => Promise<boolean> | boolean, goal: () => string): Promise<void> {
  for (const begun = Date.now(); Date.now() - begun < MOST_MS; ) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It never came about that ${goal()}`);
}
