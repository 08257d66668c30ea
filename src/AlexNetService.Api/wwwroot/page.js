import { ask, rememberKey } from './service.js';
import { decoded, showCrops } from './crops.js';
import { showExamples } from './examples.js';
import { hideOcclusion, showOcclusion } from './occlusion.js';
import { fullName, percent, showAnswer } from './answer.js';
import { showKnown } from './known.js';
import { query, showSettings } from './settings.js';
import { showProgram } from './program.js';
import { showSheet } from './sheet.js';

const element = id => document.getElementById(id);
const preview = element('preview');
const explain = element('explain');
let chosen = [];
let picture = null;
let answered = null;
let underWay = new AbortController();
let served = { models: [], ensembles: [], default: [] };

for (const input of [element('file'), element('shot')]) {
  // Browsers fire no change event if the same file is chosen again, unless the input was emptied.
  input.addEventListener('click', () => { input.value = ''; });
  input.addEventListener('change', () => choose([...input.files]));
}

element('camera').hidden = !matchMedia('(pointer: coarse)').matches;
document.addEventListener('paste', event => take(event, event.clipboardData));
document.addEventListener('dragover', event => {
  event.preventDefault();
  document.body.classList.add('over');
});
document.addEventListener('dragleave', event => {
  if (!event.relatedTarget) {
    document.body.classList.remove('over');
  }
});
document.addEventListener('drop', event => {
  event.preventDefault();
  document.body.classList.remove('over');
  take(event, event.dataTransfer);
});
explain.addEventListener('click', toggleMap);
showExamples(file => choose([file]));
element('access').addEventListener('submit', async event => {
  event.preventDefault();
  rememberKey(element('key').value);
  element('access').hidden = true;
  await introduce();
  choose(chosen);
});

introduce();

/** Says what answers here and what it knows. */
async function introduce() {
  const { answer } = await ask('v1/models');
  served = answer ?? served;
  const members = served.default;
  element('ensemble').textContent = members.length === 0 ? ''
    : `Ten crops through ${members.length === 1 ? 'one network' : `${members.length} networks, averaged`}: `
      + `${members.map(fullName).join(', ')}.`;
  showSettings(served, () => choose(chosen));
  if (members.length > 0) {
    showKnown((await ask(`v1/models/${encodeURIComponent(members[0].name)}`)).answer?.card.labels);
  }
}

/** Takes photographs from the clipboard or from a drag. A link to another site is refused: only its own browser tab may read it. */
function take(event, data) {
  const files = [...data.files];
  if (files.length > 0) {
    choose(files);
  } else if (event.type === 'drop') {
    const detail = 'This page reads only your files. Save the picture first, then drop the file.';
    complain({ title: 'That was a link, not a file', detail });
  }
}

async function choose(files) {
  if (files.length === 0) {
    return;
  }

  chosen = files;
  begin();
  element('sheet').hidden = true;
  if (files.length === 1) {
    await classify(files[0]);
    return;
  }

  element('status').textContent = `Looking at ${files.length} photographs…`;
  const { answer, problem, left } = await ask(`v1/classify/batch?${query({ top: 1 })}`, files, underWay.signal);
  if (!left) {
    element('status').textContent = '';
    if (problem) {
      complain(problem);
    } else {
      showSheet(files, answer.results, file => { begin(); classify(file); });
    }
  }
}

/** Only the last choice may answer. */
function begin() {
  underWay.abort();
  underWay = new AbortController();
  element('answer').hidden = true;
  element('error').hidden = true;
  element('said').textContent = '';
  explain.disabled = false;
  hideMap();
}

async function classify(file) {
  picture = file;
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(file);
  element('status').textContent = 'Looking…';
  const { answer, problem, left } = await ask(`v1/classify?${query({ top: 5, detail: true, views: true })}`, [file], underWay.signal);
  if (left) {
    return;
  }

  element('status').textContent = '';
  if (problem) {
    complain(problem);
    return;
  }

  answered = answer;
  if (!await decoded(preview)) {
    // The browser cannot show the format, so the page shows what the service made of it.
    preview.src = answer.views.picture;
    await decoded(preview);
  }

  element('answer').hidden = false;
  showAnswer(answer, served.models.find(model => model.name === answer.models[0].name), confidenceOf(answer));
  showProgram(answer);
  showCrops(preview, answer);
  const [first] = answer.predictions;
  element('said').textContent = `${first.label}, ${percent.format(first.probability)}. ${element('confidence').textContent}`;
  element('predictions-title').focus({ preventScroll: true });
  element(element('confidence').hidden ? 'predictions' : 'confidence').scrollIntoView({ block: 'nearest' });
}

/** The measured confidence of the networks that answered: of one network, or of an ensemble of just these. */
function confidenceOf({ models, crops }) {
  const names = models.map(fullName).join();
  const source = models.length === 1 ? served.models.find(model => fullName(model) === names)
    : served.ensembles.find(ensemble => ensemble.members.map(fullName).join() === names);
  return source?.confidence?.crops === crops ? source.confidence : null;
}

/** Makes the map of the class that was answered, by the networks and crops that answered. */
async function toggleMap() {
  if (!element('occlusion').hidden) {
    hideMap();
    return;
  }

  explain.disabled = true;
  element('explain-status').textContent = 'Hiding one part after the other, and looking again each time…';
  const address = `v1/explain?${query({ class: answered.predictions[0].id })}`;
  const { answer, problem, left } = await ask(address, [picture], underWay.signal);
  if (left) {
    return;
  }

  explain.disabled = false;
  element('explain-status').textContent = problem ? problem.detail ?? problem.title : showOcclusion(answer);
  explain.textContent = problem ? 'Where did it look?' : 'Hide the map';
}

function hideMap() {
  hideOcclusion();
  element('explain-status').textContent = '';
  explain.textContent = 'Where did it look?';
}

function complain(problem) {
  element('access').hidden = problem.status !== 401;
  element('error').hidden = false;
  element('error-title').textContent = problem.title;
  element('error-detail').textContent = problem.detail ?? '';
  element('error-request').textContent = problem.traceId ? `Reference ${problem.traceId}` : '';
}
