import { make } from './answer.js';

/** Lists the classes, with a search. */
export function showKnown(labels) {
  const known = document.getElementById('known');
  known.hidden = !labels;
  if (!labels) {
    return;
  }

  document.getElementById('known-title').textContent = `It knows ${labels.length} things. Which?`;
  const list = document.getElementById('classes');
  list.replaceChildren(...sorted(labels).map(name => make('li', '', name)));
  const search = document.getElementById('search');
  search.oninput = () => {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    for (const line of list.children) {
      line.hidden = !line.textContent.toLowerCase().includes(wanted);
      found += line.hidden ? 0 : 1;
    }

    document.getElementById('found').textContent = wanted === '' ? '' : found === 0
      ? `It never learned "${search.value.trim()}", and will answer with the class that looks most like it.`
      : `${found} of ${labels.length}`;
  };
}

/** Names in the order of the alphabet. */
export function sorted(labels) {
  return labels.map(label => label.name).sort((a, b) => a.localeCompare(b, 'en'));
}
