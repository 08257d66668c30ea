export const percent = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const Opinions = 3;

/** Shows the five bars, how sure the answer is, each member's opinion, and where the time went. */
export function showAnswer(answer, seen, confidence) {
  document.getElementById('predictions').replaceChildren(...answer.predictions.map(bar));
  showConfidence(answer, seen, confidence);
  document.getElementById('opinions').hidden = answer.models.length === 1;
  showOpinions(answer);
  showTiming(answer.timing);
}

/** Says plainly whether the first prediction is sure, from photographs on which that was measured. */
function showConfidence({ confident, expectedError, predictions }, seen, confidence) {
  const note = document.getElementById('confidence');
  note.hidden = typeof confident !== 'boolean';
  note.classList.toggle('sure', confident === true);
  if (note.hidden) {
    return;
  }

  const right = Math.round(100 * (1 - expectedError));
  const level = confidence?.level;
  note.textContent = confident
    ? `Sure: of 100 answers like this one, about ${right} are right, if the photograph shows one of the ${seen?.classes ?? ''} classes.`
    : `Not sure: of 100 answers like this one, about ${right} are right`
      + (level ? `; from ${percent.format(level)} on, 90 are. ` : '. ')
      + 'The photograph may also show something that the network never learned.';
}

/** The networks side by side, and whether they agree. Columns are chosen so that no card stands alone. */
function showOpinions({ models, predictions: [winner] }) {
  const members = document.getElementById('members');
  members.style.setProperty('--columns', models.length % 3 === 1 ? Math.min(models.length, 2) : Math.min(models.length, 3));
  members.replaceChildren(...models.map(opinion));
  const others = models.filter(model => model.predictions[0].index !== winner.index);
  document.getElementById('agreement').textContent = others.length === 0
    ? `All say ${winner.label}.`
    : `They disagree: ${others.map(model => `${model.name} says ${model.predictions[0].label}`).join(', ')}. The mean decides.`;
}

/** A class with its probability as a bar. */
export function bar(prediction) {
  const line = make('li');
  const fill = make('div', 'fill');
  fill.style.width = `${100 * prediction.probability}%`;
  const track = make('div', 'track');
  track.append(fill);
  line.append(
    make('span', 'label', prediction.label),
    make('span', 'number', percent.format(prediction.probability)),
    track);
  return line;
}

function opinion(member) {
  const article = make('article');
  const bars = make('ol', 'bars');
  bars.append(...member.predictions.slice(0, Opinions).map(bar));
  article.append(make('h3', '', fullName(member)), bars);
  return article;
}

function showTiming(timing) {
  const rest = Math.max(0, timing.totalMs - timing.decodeMs - timing.queueMs - timing.inferMs);
  const parts = [
    ['decode', 'decoding', timing.decodeMs],
    ['queue', 'waiting', timing.queueMs],
    ['infer', 'in the networks', timing.inferMs],
    ['rest', 'receiving', rest],
  ];
  const caption = `${timing.totalMs.toFixed(0)} ms: ${parts.map(([, what, ms]) => `${ms.toFixed(1)} ${what}`).join(', ')}`;
  const line = document.getElementById('timing');
  line.setAttribute('aria-label', caption);
  line.replaceChildren(...parts.map(([kind, what, ms]) => {
    const part = make('div', kind);
    part.style.flex = `${ms} 0 0`;
    part.title = `${what}: ${ms.toFixed(1)} ms`;
    return part;
  }));
  document.getElementById('timing-caption').textContent = caption;
}

/** Makes an element with a class and a text. */
export function make(tag, className = '', text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A model's name with its version, for people. */
export function fullName({ name, version }) {
  return `${name} version ${version}`;
}
