'use strict';

const drop = document.getElementById('drop');
const file = document.getElementById('file');
const preview = document.getElementById('preview');
const status = document.getElementById('status');
const predictions = document.getElementById('predictions');
const models = document.getElementById('models');
let underWay = new AbortController();

// Browsers announce no change when the same file is chosen again; emptied first, it is one.
file.addEventListener('click', () => { file.value = ''; });
file.addEventListener('change', () => classify(file.files[0]));
// A format the service takes and the browser cannot show, such as TIFF.
preview.addEventListener('error', () => { preview.hidden = true; });
drop.addEventListener('dragover', event => {
  event.preventDefault();
  drop.classList.add('over');
});
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', event => {
  event.preventDefault();
  drop.classList.remove('over');
  classify(event.dataTransfer.files[0]);
});

async function classify(picture) {
  if (!picture) {
    return;
  }

  // Only the last picture chosen may answer.
  underWay.abort();
  underWay = new AbortController();
  const { signal } = underWay;
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(picture);
  preview.hidden = false;
  predictions.replaceChildren();
  models.textContent = '';
  status.textContent = 'Looking…';
  const form = new FormData();
  // Without the type that the browser guesses from the name: the bytes say what they are.
  form.append('image', new Blob([picture]), picture.name);
  try {
    const response = await fetch('v1/classify?top=5', { method: 'POST', body: form, signal });
    const answer = await response.json();
    if (response.ok) {
      show(answer);
    } else {
      status.textContent = answer.detail ?? answer.title;
    }
  } catch {
    if (!signal.aborted) {
      status.textContent = 'The service does not answer.';
    }
  }
}

function show(answer) {
  status.textContent = '';
  predictions.replaceChildren(...answer.predictions.map(bar));
  const names = answer.models.map(model => `${model.name} ${model.version}`).join(', ');
  models.textContent = `${names}; ${answer.crops} crops; ${answer.timing.totalMs} ms`;
}

function bar(prediction) {
  const percent = `${(100 * prediction.probability).toFixed(1)} %`;
  const label = document.createElement('span');
  label.textContent = prediction.label;
  const meter = document.createElement('meter');
  meter.max = 1;
  meter.value = prediction.probability;
  meter.title = percent;
  meter.setAttribute('aria-label', prediction.label);
  const number = document.createElement('span');
  number.className = 'number';
  number.textContent = percent;
  const line = document.createElement('li');
  line.append(label, meter, number);
  return line;
}
