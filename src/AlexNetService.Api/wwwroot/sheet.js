import { make, percent } from './answer.js';

/** Shows what each of several photographs is. A click opens one. */
export function showSheet(files, results, open) {
  const sheet = document.getElementById('sheet');
  sheet.replaceChildren(...files.map((file, i) => card(file, results[i], open)));
  sheet.hidden = false;
}

function card(file, result, open) {
  const button = make('button', 'card');
  button.type = 'button';
  const image = make('img');
  image.src = URL.createObjectURL(file);
  image.onload = image.onerror = () => URL.revokeObjectURL(image.src);
  image.alt = '';
  const [first] = result.predictions ?? [];
  const sure = result.confident === false ? ' – not sure' : '';
  button.append(
    image,
    make('strong', '', first ? first.label : result.error.title),
    make('span', 'quiet', first ? `${percent.format(first.probability)}${sure}` : result.error.detail ?? ''),
    make('span', 'quiet file', file.name));
  button.addEventListener('click', () => open(file));
  return button;
}
