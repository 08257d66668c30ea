import { ask } from './service.js';
import { showCrops } from './crops.js';
import { hideOcclusion, showOcclusion } from './occlusion.js';
import { showAnswer } from './answer.js';

const element = id => document.getElementById(id);
const file = element('file');
const preview = element('preview');
const explain = element('explain');
let picture = null;
let underWay = new AbortController();
let models = [];

// Browsers fire no change event if the same file is chosen again, unless the input was emptied.
file.addEventListener('click', () => { file.value = ''; });
file.addEventListener('change', () => choose(file.files[0]));
document.addEventListener('paste', event => choose([...event.clipboardData.files][0]));
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
  choose(event.dataTransfer.files[0]);
});
explain.addEventListener('click', makeMap);
element('access').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('key', element('key').value);
  element('access').hidden = true;
  introduce();
  choose(picture);
});

introduce();

async function introduce() {
  const { answer } = await ask('v1/models');
  models = answer?.models ?? [];
  const members = answer?.default ?? [];
  element('ensemble').textContent = members.length === 0 ? ''
    : `Ten crops through ${members.length === 1 ? 'one network' : `${members.length} networks, averaged`}: ${members.map(name).join(', ')}.`;
}

async function choose(chosen) {
  if (!chosen) {
    return;
  }

  // Only the last picture chosen may answer.
  underWay.abort();
  underWay = new AbortController();
  picture = chosen;
  show(preview, chosen);
  element('answer').hidden = true;
  element('error').hidden = true;
  element('explain-status').textContent = '';
  explain.disabled = false;
  hideOcclusion();
  element('status').textContent = 'Looking…';
  const { answer, problem, left } = await ask('v1/classify?top=5&detail=true', chosen, underWay.signal);
  if (left) {
    return;
  }

  element('status').textContent = '';
  if (problem) {
    complain(problem);
    return;
  }

  element('answer').hidden = false;
  showAnswer(answer);
  const seen = models.find(model => model.name === answer.models[0].name);
  showCrops(preview, seen ?? { canvas: 1, crop: 1 });
}

async function makeMap() {
  explain.disabled = true;
  element('explain-status').textContent = 'Looking again and again…';
  const { answer, problem, left } = await ask('v1/explain', picture, underWay.signal);
  if (left) {
    return;
  }

  explain.disabled = false;
  element('explain-status').textContent = problem ? problem.detail ?? problem.title : showOcclusion(answer);
}

function show(image, chosen) {
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(chosen);
}

function complain(problem) {
  element('access').hidden = problem.status !== 401;
  element('error').hidden = false;
  element('error-title').textContent = problem.title;
  element('error-detail').textContent = problem.detail ?? '';
  element('error-request').textContent = problem.requestId ? `Request ${problem.requestId}` : '';
}

function name(model) {
  return `${model.name} ${model.version}`;
}
