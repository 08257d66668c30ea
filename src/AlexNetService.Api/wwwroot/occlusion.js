const layer = document.getElementById('occlusion');
const Darkest = 190;

/** Hides the map. */
export function hideOcclusion() {
  layer.hidden = true;
}

/**
 * Shows the map over the picture: clear where the square lowers the probability, dark where it changes nothing. Returns a caption.
 */
export function showOcclusion({ model, class: { label }, probability, canvas, crop, window, offsets, falls }) {
  const context = layer.getContext('2d');
  layer.width = layer.height = canvas;
  const most = Math.max(...falls.flat(), Number.EPSILON);
  const edge = Math.floor((canvas - crop) / 2);
  const [sums, counts] = [new Float64Array(canvas * canvas), new Float64Array(canvas * canvas)];
  falls.forEach((row, y) => row.forEach((fall, x) => {
    for (let i = 0; i < window * window; i++) {
      const pixel = (edge + offsets[y] + Math.floor(i / window)) * canvas + edge + offsets[x] + i % window;
      sums[pixel] += Math.max(0, fall);
      counts[pixel]++;
    }
  }));

  const means = sums.map((sum, i) => counts[i] > 0 ? sum / counts[i] : 0);
  const brightest = Math.max(...means, Number.EPSILON);
  const image = context.createImageData(canvas, canvas);
  means.forEach((mean, i) => {
    image.data[4 * i + 3] = Darkest * (1 - mean / brightest);
  });
  context.putImageData(image, 0, 0);
  layer.hidden = false;
  const percent = value => `${(100 * value).toFixed(1)} %`;
  return `${model}, centre crop: ${label} ${percent(probability)} with nothing hidden, `
    + `${percent(probability - most)} without the most telling part. Bright is what counted.`;
}
