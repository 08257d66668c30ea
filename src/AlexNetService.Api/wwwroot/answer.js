const percent = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const Opinions = 3;

/** Shows the five bars, each member's opinion, and where the time went. */
export function showAnswer(answer) {
  document.getElementById('predictions').replaceChildren(...answer.predictions.map(bar));
  showConfidence(answer);
  document.getElementById('members').replaceChildren(...answer.models.map(opinion));
  showTiming(answer.timing);
}

/** Says plainly when the first prediction is not sure. */
function showConfidence(answer) {
  const note = document.getElementById('confidence');
  note.hidden = answer.confident !== false;
  if (!note.hidden) {
    const wrong = Math.round(100 * answer.expectedError);
    note.textContent = `Not sure: of 100 answers like this one, about ${wrong} are wrong. It may show something that the models never learned.`;
  }
}

function bar(prediction) {
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
  article.append(make('h3', '', `${member.name} ${member.version}`), bars);
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

function make(tag, className = '', text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
