import { bar, make, percent } from './answer.js';

const Pixels = 96;
const whole = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

/** Shows the crops with how probable each finds the winner, each one's own opinion, and the canvas itself. */
export function showCrops(preview, { views, predictions: [winner] }) {
  const { canvas, crop, crops, picture } = views;
  const named = crops.map(each => ({ ...each, what: place(each, canvas - crop) }));
  const group = document.getElementById('crops');
  group.replaceChildren(...named.map(one => thumbnail(preview, one, views, winner, group)));
  document.getElementById('window').hidden = true;
  document.getElementById('crops-title').textContent = crops.length === 1 ? 'One look' : 'Ten looks, one answer';
  showCaption(views, winner);
  document.getElementById('crop-opinions').hidden = crops.length === 1;
  document.querySelector('#crop-opinions ol').replaceChildren(
    ...named.map(({ what, prediction }) => {
      const line = bar({ label: `${what}: ${prediction.label}`, probability: prediction.probability });
      line.classList.toggle('other', prediction.index !== winner.index);
      return line;
    }));
  document.getElementById('shrunk').src = picture;
  document.getElementById('shrunk-caption').textContent = `This is all that the networks see: ${square(canvas)} pixels.`;
}

/** Whether the browser can show the picture. */
export async function decoded(preview) {
  try {
    await preview.decode();
    return true;
  } catch {
    return false;
  }
}

function showCaption({ canvas, crop, crops }, winner) {
  const size = `${square(crop)} of ${square(canvas)} pixels`;
  const others = crops.some(each => each.prediction.index !== winner.index) ? ' Where it is bold, the crop alone says something else.' : '';
  document.getElementById('crops-caption').textContent = crops.length === 1 ? `The centre, ${size}.`
    : `Four corners, the centre, and their mirrors, ${size} each. The number is how probable the crop finds ${winner.label}; `
      + `the mean is ${percent.format(winner.probability)}.${others}`;
}

/** A size that stays on one line. */
function square(side) {
  return `${side}\u00a0×\u00a0${side}`;
}

function place({ top, left, mirrored }, far) {
  const [row, column] = [top, left].map(offset => [0, far].indexOf(offset));
  const what = far === 0 || row < 0 ? 'centre' : `${['top', 'bottom'][row]} ${['left', 'right'][column]}`;
  return mirrored ? `${what}, mirrored` : what;
}

function thumbnail(preview, one, views, winner, group) {
  const drawn = document.createElement('canvas');
  drawn.width = drawn.height = Pixels;
  draw(drawn.getContext('2d'), preview, one, views);
  const button = make('button');
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  button.setAttribute('aria-label', `${one.what}: ${whole.format(one.probability)}`);
  button.title = one.what;
  button.classList.toggle('other', one.prediction.index !== winner.index);
  button.append(drawn, make('span', '', whole.format(one.probability)));
  button.addEventListener('click', () => {
    const chosen = button.getAttribute('aria-pressed') !== 'true';
    group.querySelectorAll('button').forEach(other => other.setAttribute('aria-pressed', String(chosen && other === button)));
    showWindow(chosen ? one : null, views);
    if (chosen) {
      const { label, probability } = one.prediction;
      document.getElementById('crops-caption').textContent =
        `${one.what[0].toUpperCase()}${one.what.slice(1)}: alone, it says ${label}, ${percent.format(probability)}.`;
    } else {
      showCaption(views, winner);
    }
  });
  return button;
}

/** Shows where a crop lies on the picture. */
function showWindow(one, { canvas, crop }) {
  const frame = document.getElementById('window');
  frame.hidden = !one;
  if (one) {
    const share = pixels => `${100 * pixels / canvas}%`;
    Object.assign(frame.style, { top: share(one.top), left: share(one.left), width: share(crop), height: share(crop) });
  }
}

// The canvas is the centre square of the photograph, so a crop is a part of that square.
function draw(context, preview, { top, left, mirrored }, { canvas, crop }) {
  const side = Math.min(preview.naturalWidth, preview.naturalHeight);
  const [x, y] = [(preview.naturalWidth - side) / 2, (preview.naturalHeight - side) / 2];
  const scale = side / canvas;
  if (mirrored) {
    context.translate(Pixels, 0);
    context.scale(-1, 1);
  }

  context.imageSmoothingQuality = 'high';
  context.drawImage(preview, x + left * scale, y + top * scale, crop * scale, crop * scale, 0, 0, Pixels, Pixels);
}
