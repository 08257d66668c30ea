/**
 * Sends a GET, or a POST with a picture.
 * Returns one of answer, problem (RFC 9457) and left (the request was aborted).
 */
export async function ask(address, picture, signal) {
  const key = sessionStorage.getItem('key');
  const request = { headers: { Accept: 'application/json' }, signal };
  if (key) {
    request.headers['X-Api-Key'] = key;
  }

  if (picture) {
    // Without the type that the browser guesses from the file name: the service detects the format.
    request.body = new FormData();
    request.body.append('image', new Blob([picture]), picture.name ?? 'picture');
    request.method = 'POST';
  }

  try {
    const response = await fetch(address, request);
    const answer = await response.json();
    return response.ok ? { answer } : { problem: { status: response.status, ...answer } };
  } catch {
    return signal?.aborted ? { left: true }
      : { problem: { title: 'The service does not answer', detail: 'Try again in a moment; if it stays like this, ask whoever runs it.' } };
  }
}
