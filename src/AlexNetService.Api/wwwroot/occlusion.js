import { percent } from './answer.js';

const layer = document.getElementById('occlusion');
const scale = document.getElementById('scale');
const ends = document.getElementById('scale-ends');
const Strongest = 215;
const [Fall, Rise] = [[226, 58, 20], [38, 96, 220]];

// Share of the probability below which a fall is within what any change of a photograph does.
const Noticeable = 0.1;

/** Hides the map. */
export function hideOcclusion() {
  layer.hidden = scale.hidden = ends.hidden = true;
  layer.parentElement.classList.remove('mapped');
}

/**
 * Paints the map over the picture: red where hiding a part lowers the probability, blue where it raises it, in full strength only where
 * nothing of the probability is left. Returns a caption.
 */
export function showOcclusion({ class: { label }, probability, canvas, window, offsets, falls }) {
  const context = layer.getContext('2d');
  layer.width = layer.height = canvas;
  const [sums, counts] = [new Float64Array(canvas * canvas), new Float64Array(canvas * canvas)];
  falls.forEach((row, y) => row.forEach((fall, x) => {
    for (let i = 0; i < window * window; i++) {
      const pixel = (offsets[y] + Math.floor(i / window)) * canvas + offsets[x] + i % window;
      sums[pixel] += fall;
      counts[pixel]++;
    }
  }));

  const image = context.createImageData(canvas, canvas);
  sums.forEach((sum, i) => {
    const share = counts[i] > 0 ? sum / counts[i] / probability : 0;
    image.data.set(share > 0 ? Fall : Rise, 4 * i);
    image.data[4 * i + 3] = Strongest * Math.min(1, Math.abs(share));
  });
  context.putImageData(image, 0, 0);
  layer.hidden = scale.hidden = ends.hidden = false;
  layer.parentElement.classList.add('mapped');
  return showScale(label, probability, Math.max(0, ...falls.flat()));
}

function showScale(label, probability, most) {
  document.getElementById('most').style.left = `${100 * Math.min(1, most / probability)}%`;
  document.getElementById('scale-end').textContent = `all ${percent.format(probability)} lost`;
  const [all, rest] = [probability, probability - most].map(share => percent.format(share));
  scale.setAttribute('aria-label', `Scale: from unchanged to all ${all} lost. The most telling part leaves ${rest}.`);
  return most < Noticeable * probability
    ? `No single part decides: whichever is hidden, ${label} keeps at least ${rest} of its ${all}.`
    : `Hiding the most telling part lowers ${label} from ${all} to ${rest}. Red counted for it, blue against it.`;
}
