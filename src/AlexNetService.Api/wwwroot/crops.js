const Pixels = 96;

/** Draws the five windows on the picture and, below it, the ten crops themselves. */
export async function showCrops(preview, { canvas, crop }) {
  const windows = positions(canvas, crop);
  const svg = document.getElementById('windows');
  svg.setAttribute('viewBox', `0 0 ${canvas} ${canvas}`);
  const frames = windows.map((window, i) => frame(svg.children[i], window, crop));
  const group = document.getElementById('crops');
  const shown = await decoded(preview);
  const ten = [false, true].flatMap(mirrored => windows.map((window, i) => ({ ...window, mirrored, frame: frames[i] })));
  group.replaceChildren(...(shown ? ten.map(one => thumbnail(preview, one, canvas, crop, group)) : []));
  document.getElementById('crops-caption').textContent = shown
    ? `Four corners, the centre, and their mirrors: ${crop} × ${crop} of ${canvas} × ${canvas} pixels each.`
    : 'This browser cannot show the format; the service read it all the same.';
  showShrunk(shown ? preview : null, canvas);
}

/** The photograph at the networks' own resolution: every square is one of their pixels. */
function showShrunk(preview, side) {
  const shrunk = document.getElementById('shrunk');
  document.getElementById('small').hidden = !preview;
  if (preview) {
    shrunk.width = shrunk.height = side;
    const context = shrunk.getContext('2d');
    context.imageSmoothingQuality = 'high';
    const square = Math.min(preview.naturalWidth, preview.naturalHeight);
    context.drawImage(
      preview, (preview.naturalWidth - square) / 2, (preview.naturalHeight - square) / 2, square, square, 0, 0, side, side);
    document.getElementById('shrunk-caption').textContent = `This is all that the networks see: ${side} × ${side} pixels.`;
  }
}

function positions(canvas, crop) {
  const [far, middle] = [canvas - crop, Math.floor((canvas - crop) / 2)];
  return [
    { what: 'top left', x: 0, y: 0 },
    { what: 'top right', x: far, y: 0 },
    { what: 'bottom left', x: 0, y: far },
    { what: 'bottom right', x: far, y: far },
    { what: 'centre', x: middle, y: middle },
  ];
}

function frame(rect, { x, y }, side) {
  for (const [name, value] of Object.entries({ x, y, width: side, height: side })) {
    rect.setAttribute(name, value);
  }

  return rect;
}

function thumbnail(preview, one, canvas, crop, group) {
  const drawn = document.createElement('canvas');
  drawn.width = drawn.height = Pixels;
  draw(drawn.getContext('2d'), preview, one, canvas, crop);
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  button.setAttribute('aria-label', `${one.what}${one.mirrored ? ', mirrored' : ''}`);
  button.title = button.getAttribute('aria-label');
  button.append(drawn);
  button.addEventListener('click', () => {
    const chosen = button.getAttribute('aria-pressed') !== 'true';
    group.querySelectorAll('button').forEach(other => other.setAttribute('aria-pressed', String(chosen && other === button)));
    document.querySelectorAll('#windows rect').forEach(rect => rect.classList.toggle('chosen', chosen && rect === one.frame));
  });
  return button;
}

// The canvas is the centre square of the photograph, so a crop is a part of that square.
function draw(context, preview, { x, y, mirrored }, canvas, crop) {
  const square = Math.min(preview.naturalWidth, preview.naturalHeight);
  const [left, top] = [(preview.naturalWidth - square) / 2, (preview.naturalHeight - square) / 2];
  const scale = square / canvas;
  if (mirrored) {
    context.translate(Pixels, 0);
    context.scale(-1, 1);
  }

  context.drawImage(preview, left + x * scale, top + y * scale, crop * scale, crop * scale, 0, 0, Pixels, Pixels);
}

async function decoded(preview) {
  try {
    await preview.decode();
    return true;
  } catch {
    return false;
  }
}
