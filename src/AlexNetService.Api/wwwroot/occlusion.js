const layer = document.getElementById('occlusion');

/** Takes the map off the picture. */
export function hideOcclusion() {
  layer.hidden = true;
}

/**
 * Lays the map over the picture: the more the winner lost where the square was, the clearer the picture stays; what did not matter is dark.
 * Returns what it says in words.
 */
export function showOcclusion({ label, probability, canvas, window, positions }) {
  const context = layer.getContext('2d');
  layer.width = layer.height = canvas;
  const most = Math.max(...positions.map(position => position.drop), Number.EPSILON);
  const [drops, counts] = [new Float64Array(canvas * canvas), new Float64Array(canvas * canvas)];
  for (const { x, y, drop } of positions) {
    for (let row = y; row < y + window; row++) {
      for (let column = x; column < x + window; column++) {
        drops[row * canvas + column] += Math.max(0, drop);
        counts[row * canvas + column]++;
      }
    }
  }

  const image = context.createImageData(canvas, canvas);
  drops.forEach((sum, i) => {
    const share = counts[i] > 0 ? sum / counts[i] / most : 0;
    image.data[4 * i + 3] = 190 * (1 - share);
  });
  context.putImageData(image, 0, 0);
  layer.hidden = false;
  const percent = value => `${(100 * value).toFixed(1)} %`;
  return `${label}: ${percent(probability)} whole, ${percent(probability - most)} with its most telling part hidden. Bright is what counted.`;
}
