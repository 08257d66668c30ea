import { make } from './answer.js';

const crops = document.getElementById('crops-setting');
const models = document.getElementById('models-setting');

/** The query of a request with the chosen settings. */
export function query(fixed) {
  const asked = new URLSearchParams(fixed);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name === 'crops' || name === 'models') {
      asked.set(name, value);
    }
  }

  return asked;
}

/** Offers crops and networks. A choice changes the page's address, so that a link brings the settings back. */
export function showSettings(served, changed) {
  const now = new URLSearchParams(location.search);
  const wanted = now.get('models')?.split(',') ?? served.default.map(model => model.name);
  crops.value = now.get('crops') ?? '10';
  models.replaceChildren(...served.models.map(model => {
    const label = make('label', '', ` ${model.name}: ${model.classes} classes`);
    const box = make('input');
    box.type = 'checkbox';
    box.value = model.name;
    box.checked = wanted.includes(model.name);
    label.prepend(box);
    return label;
  }));
  document.querySelector('#settings form').onchange = () => {
    const chosen = [...models.querySelectorAll('input:checked')].map(box => box.value);
    const usual = served.default.map(model => model.name);
    const next = new URLSearchParams();
    if (crops.value !== '10') {
      next.set('crops', crops.value);
    }

    if (chosen.length > 0 && [...chosen].sort().join() !== [...usual].sort().join()) {
      next.set('models', chosen.join(','));
    }

    history.replaceState(null, '', `${location.pathname}${next.size > 0 ? `?${next}` : ''}`);
    changed();
  };
}
