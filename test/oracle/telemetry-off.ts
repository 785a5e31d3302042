/** `@apollo/gateway` calls its vendor's host and cloud metadata addresses unless this is set before it loads. */
process.env.APOLLO_TELEMETRY_DISABLED = '1';
