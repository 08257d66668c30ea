import { make } from './answer.js';
import { query } from './settings.js';

const languages = {
  curl: address => `curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' '${address}'`,
  'C#': address => `using var client = new HttpClient();
using var photo = new StreamContent(File.OpenRead("photo.jpg"));
photo.Headers.ContentType = new("image/jpeg");
using var response = await client.PostAsync("${address}", photo);
Console.WriteLine(await response.Content.ReadAsStringAsync());`,
  Python: address => `import requests

with open("photo.jpg", "rb") as photo:
    answer = requests.post("${address}", data=photo, headers={"Content-Type": "image/jpeg"}).json()
print(answer["predictions"])`,
  JavaScript: address => `import { readFile } from 'node:fs/promises';

const response = await fetch('${address}', {
  method: 'POST',
  headers: { 'Content-Type': 'image/jpeg' },
  body: await readFile('photo.jpg'),
});
console.log((await response.json()).predictions);`,
};

/** Shows the last request in four languages, and its answer. */
export function showProgram(answer) {
  const asked = query({}).toString();
  const address = new URL(`v1/classify${asked === '' ? '' : `?${asked}`}`, document.baseURI).href;
  const { views: _, ...shown } = answer;
  document.getElementById('json').textContent = JSON.stringify(shown, null, 2);
  const group = document.getElementById('languages');
  const buttons = Object.entries(languages).map(([name, write]) => {
    const button = make('button', '', name);
    button.type = 'button';
    button.addEventListener('click', () => show(button, write(address)));
    return button;
  });
  group.replaceChildren(...buttons);
  show(buttons[0], languages.curl(address));

  function show(chosen, code) {
    buttons.forEach(button => button.setAttribute('aria-pressed', String(button === chosen)));
    document.getElementById('code').textContent = code;
    document.getElementById('copied').textContent = '';
  }
}

document.getElementById('copy').addEventListener('click', async () => {
  const copied = document.getElementById('copied');
  try {
    await navigator.clipboard.writeText(document.getElementById('code').textContent);
    copied.textContent = 'Copied.';
  } catch {
    copied.textContent = 'This browser does not let a page copy; select the text instead.';
  }
});
