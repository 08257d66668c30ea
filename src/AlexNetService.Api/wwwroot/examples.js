import { make } from './answer.js';

const Side = 256;
const names = ['ladybug', 'school bus', 'goldfish', 'lemon', 'obelisk', 'teapot', 'mushroom', 'umbrella'];

/** Offers drawings to classify. The networks read pixels, so a drawing becomes a PNG first. */
export function showExamples(choose) {
  const row = document.getElementById('examples');
  row.append(...names.map(name => {
    const button = make('button');
    button.type = 'button';
    const image = make('img');
    image.src = `examples/${name.replace(' ', '-')}.svg`;
    image.alt = name;
    image.width = image.height = Side;
    button.append(image);
    button.addEventListener('click', async () => choose(await drawn(image, name)));
    return button;
  }));
  row.hidden = false;
}

async function drawn(image, name) {
  await image.decode();
  const canvas = make('canvas');
  canvas.width = canvas.height = Side;
  canvas.getContext('2d').drawImage(image, 0, 0, Side, Side);
  const png = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
  return new File([png], `${name}.png`, { type: 'image/png' });
}
