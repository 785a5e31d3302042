import { useEffect, useState } from 'preact/hooks';
import { completeSignIn } from '../graph/sign-in';

/** Where the issuer sends people back to. */
export function SignedIn() {
  const [error, setError] = useState<string>();
  useEffect(() => {
    completeSignIn().catch((failure: Error) => setError(failure.message));
  }, []);
  return (
    <main class="plain" id="content">
      <h1>{error ? 'Sign-in failed' : 'Signing in …'}</h1>
      {error && (
        <>
          <p role="alert">{error}</p>
          <p>
            <a href="/explorer">Back to the explorer</a>
          </p>
        </>
      )}
    </main>
  );
}
