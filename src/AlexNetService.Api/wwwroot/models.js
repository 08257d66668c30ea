import { fullName, make, percent } from './answer.js';
import { sorted } from './known.js';
import { ask, rememberKey } from './service.js';

const content = document.getElementById('content');
const state = document.getElementById('state');
const name = new URLSearchParams(location.search).get('name');

document.getElementById('access').addEventListener('submit', event => {
  event.preventDefault();
  rememberKey(document.getElementById('key').value);
  show();
});

show();

async function show() {
  const { answer, problem } = await ask(name ? `v1/models/${encodeURIComponent(name)}` : 'v1/models');
  document.getElementById('access').hidden = problem?.status !== 401;
  state.textContent = problem ? problem.detail ?? problem.title : '';
  if (answer) {
    await (name ? showCard(answer) : showAll(answer));
  }
}

/** The served models, and the health of the service. */
async function showAll({ models, ensembles, default: usual }) {
  const { answer: health } = await ask('health/ready');
  if (health) {
    state.textContent = [`The service is ${health.status}.`, ...health.reasons].join(' ');
  }

  const usualNames = usual.map(model => model.name);
  const rows = models.map(model => {
    const link = make('a', '', model.name);
    link.href = `models.html?name=${encodeURIComponent(model.name)}`;
    const { top1, top5 } = errors(model.metrics);
    return [link, String(model.version), String(model.classes), top1, top5, model.device, usualNames.includes(model.name) ? 'yes' : '',
      model.state];
  });
  content.replaceChildren(
    table(['network', 'version', 'classes', 'top-1 error', 'top-5 error', 'device', 'answers by default', 'state'], rows),
    ...ensembles.length === 0 ? [] : [
      make('h2', '', 'Ensembles'),
      table(['ensemble', 'members', 'top-1 error', 'top-5 error'], ensembles.map(({ name: ensemble, members, metrics }) =>
        [ensemble, members.map(fullName).join(', '), errors(metrics).top1, errors(metrics).top5])),
    ]);
}

/** One model's card. */
async function showCard({ version, device, provider, card }) {
  const { architecture, preprocessing, labels, metrics, confidence, training, quantization } = card;
  document.title = `${name} – AlexNetService`;
  document.getElementById('title').textContent = fullName({ name, version });
  state.textContent = `${architecture?.preset ?? 'A network'}, ${preprocessing.crop}² crops of a ${preprocessing.canvas}² canvas, `
    + `${labels.length} classes, on ${device} (${provider}).`;
  const parts = [
    make('h2', '', 'Errors'),
    metrics.length === 0 ? make('p', 'quiet', 'Not measured.') : table(
      ['photographs', 'crops', 'top-1 error', 'top-5 error'],
      metrics.map(metric => [
        `${metric.images} of ${metric.dataSet}, ${metric.split}`, String(metric.crops),
        percent.format(metric.top1Error), percent.format(metric.top5Error)])),
    make('h2', '', 'How often it is right'),
    confidence ? confidenceTable(confidence) : make('p', 'quiet', 'Not measured.'),
    make('h2', '', 'Where the weights come from'),
    facts(training, quantization),
  ];
  if (card.filters) {
    const image = make('img', 'filters');
    image.src = `v1/models/${encodeURIComponent(name)}/filters.png`;
    image.alt = 'The kernels of the first layer, enlarged, one column of the network above the other';
    parts.push(make('h2', '', 'First filters'), make('p', 'quiet', 'What the first layer looks for, one column of the network after the other.'),
      image);
  }

  const list = make('ul', 'columns');
  list.append(...sorted(labels).map(each => make('li', '', each)));
  parts.push(make('h2', '', 'Classes'), list);
  content.replaceChildren(...parts);
}

function confidenceTable({ bins, images, crops }) {
  const rows = bins.filter(bin => bin.answers > 0).map((bin, i, all) => [
    `${percent.format(bin.from)} to ${percent.format(all[i + 1]?.from ?? 1)}`, String(bin.answers), percent.format(bin.right / bin.answers)]);
  const part = make('div');
  part.append(
    make('p', 'quiet', `Measured on ${images} photographs of its classes, ${crops} crops each.`),
    table(['probability of the first answer', 'answers', 'of these right'], rows));
  return part;
}

function facts(training, quantization) {
  const list = make('dl');
  const add = (what, value) => {
    if (value !== null && value !== undefined) {
      list.append(make('dt', '', what), make('dd', '', String(value)));
    }
  };
  add('learned from', training && `${training.trainingImages} photographs of ${training.dataSet}, ${training.epochs} epochs, seed ${training.seed}`);
  add('begun with', training?.begunFrom?.file ?? training?.begunFrom?.name);
  add('finished', training?.finished && new Date(training.finished).toLocaleDateString('en', { dateStyle: 'long' }));
  add('precision', quantization && `${quantization.precision}; top-1 error ${percent.format(quantization.top1ErrorBefore)} before, `
    + `${percent.format(quantization.top1ErrorAfter)} after, on ${quantization.images} photographs`);
  Object.entries(training?.recipe ?? {}).forEach(([key, value]) => add(key, value));
  return list.children.length > 0 ? list : make('p', 'quiet', 'The card does not say.');
}

function errors(metrics) {
  const most = [...metrics].sort((a, b) => b.crops - a.crops)[0];
  return most ? { top1: percent.format(most.top1Error), top5: percent.format(most.top5Error) } : { top1: '–', top5: '–' };
}

function table(heads, rows) {
  const made = make('table');
  const head = make('tr');
  head.append(...heads.map(text => make('th', '', text)));
  const body = rows.map(cells => {
    const row = make('tr');
    row.append(...cells.map(cell => {
      const data = make('td');
      data.append(cell);
      return data;
    }));
    return row;
  });
  const [thead, tbody] = [make('thead'), make('tbody')];
  thead.append(head);
  tbody.append(...body);
  made.append(thead, tbody);
  const scroll = make('div', 'scroll');
  scroll.tabIndex = 0;
  scroll.append(made);
  return scroll;
}
