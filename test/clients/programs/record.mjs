/** Returns a `fetch` for a client and the HTTP exchanges that it records; `settled` waits for their bodies. */
export function recordingFetch() {
  const exchanges = [];
  const bodies = [];
  const recording = async (input, init) => {
    const request = new Request(input, init);
    const exchange = {
      method: request.method,
      url: request.url,
      requestHeaders: Object.fromEntries(request.headers),
      requestBody: typeof init?.body === 'string' ? init.body : null,
    };
    exchanges.push(exchange);
    const response = await fetch(input, init);
    exchange.status = response.status;
    exchange.contentType = response.headers.get('content-type');
    bodies.push(
      response
        .clone()
        .text()
        .then((body) => {
          exchange.body = body;
        })
        .catch((error) => {
          exchange.body = `not read to its end: ${error.message}`;
        }),
    );
    return response;
  };
  return {
    fetch: recording,
    exchanges,
    async settled() {
      await Promise.all(bodies);
      return exchanges;
    },
  };
}
