/** Keeps the API key for this tab. */
export function rememberKey(key) {
  sessionStorage.setItem('key', key);
}

/**
 * Sends a GET, or a POST with pictures.
 * Returns one of answer, problem (RFC 9457) and left (the request was aborted).
 */
export async function ask(address, pictures, signal) {
  const key = sessionStorage.getItem('key');
  const request = { headers: { Accept: 'application/json' }, signal };
  if (key) {
    request.headers['X-Api-Key'] = key;
  }

  if (pictures) {
    // Without the type that the browser guesses from the file name: the service detects the format.
    request.body = new FormData();
    const field = pictures.length > 1 ? 'images' : 'image';
    pictures.forEach(picture => request.body.append(field, new Blob([picture]), picture.name ?? 'picture'));
    request.method = 'POST';
  }

  try {
    const response = await fetch(address, request);
    const answer = await response.json();
    return response.ok || response.headers.get('Content-Type')?.startsWith('application/json') ? { answer }
      : { problem: { status: response.status, ...answer } };
  } catch {
    return signal?.aborted ? { left: true }
      : { problem: { title: 'The service does not answer', detail: 'Try again in a moment; if it stays like this, ask whoever runs it.' } };
  }
}
