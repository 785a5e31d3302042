const MAX_MS = 60_000;

/**
 * Waits until a condition holds.
 * @throws with the goal when it does not hold within a minute
 */
export async function until(isTrue: () => Promise<boolean> | boolean, goal: () => string): Promise<void> {
  for (const begun = Date.now(); Date.now() - begun < MAX_MS; ) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Timed out after a minute; it is still not true that ${goal()}`);
}
