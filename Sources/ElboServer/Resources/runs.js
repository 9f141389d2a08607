// Runs: their logs, how far they are, and their health.
const palette = ['#1668c5', '#d1600f', '#23874a', '#9440b8', '#c0322a', '#0f7f8c', '#8a6d00', '#c03a7d'];
const runs = new Map();

function run(name) {
  if (!runs.has(name)) {
    const entry = { name, color: palette[runs.size % palette.length], shown: true, model: null };
    clear(entry);
    runs.set(name, entry);
    listRun(entry);
  }
  return runs.get(name);
}

// Forgets what a log said.
function clear(entry) {
  Object.assign(entry, { points: {}, findings: [], health: [], step: 0, lastSeen: 0, pace: [], broken: null });
}

function listRun(entry) {
  const item = make('li'), label = make('label'), box = make('input', undefined, { type: 'checkbox' });
  box.checked = true;
  box.addEventListener('change', () => { entry.shown = box.checked; drawCurves(); showPictures(entry); });
  const state = make('span', '', { class: 'state' });
  label.append(box, make('span', entry.name, { class: 'name' }), state);
  const bar = make('progress', undefined, { max: 1, value: 0, 'aria-label': `${entry.name}: steps done` });
  const lines = ['progress-line', 'numbers', 'health'].map(name => make('div', '', { class: name }));
  const findings = make('details', undefined, { class: 'findings', hidden: '' });
  findings.append(make('summary'), make('ul'));
  item.append(label, bar, ...lines, findings);
  el('runs').append(item);
  entry.parts = { item, state, bar, progress: lines[0], numbers: lines[1], health: lines[2], findings };
  describe(entry);
}

const isTraining = entry => Date.now() - entry.lastSeen < 15000 && !(entry.plan?.steps <= entry.step);

// Steps a second over the last quarter of a minute.
function pace(entry) {
  const [first, last] = [entry.pace[0], entry.pace[entry.pace.length - 1]];
  return first && last.time > first.time + 500 ? (last.step - first.step) / (last.time - first.time) * 1000 : 0;
}

function describe(entry) {
  const { item, state, bar, progress, numbers, health, findings } = entry.parts;
  const steps = entry.plan?.steps, training = isTraining(entry), rate = pace(entry);
  item.style.setProperty('--run', colorOf(entry));
  state.textContent = training ? 'training' : !entry.step ? 'not begun' : steps <= entry.step ? 'finished' : 'stopped';
  state.dataset.state = state.textContent;
  bar.value = steps ? Math.min(1, entry.step / steps) : 0;
  const left = training && rate ? (steps - entry.step) / rate : 0;
  progress.textContent = [
    entry.plan?.preset, steps ? `step ${say(entry.step, 9)} of ${say(steps, 9)}` : `step ${say(entry.step, 9)}`,
    training && rate ? `${say(rate, 3)} steps/s` : '',
    left >= 1 ? `${left < 90 ? say(Math.round(left), 3) + ' s' : say(Math.round(left / 60), 3) + ' min'} left` : '',
    entry.model ? `serving step ${say(entry.model.step, 9)}` : 'no checkpoint yet',
  ].filter(Boolean).join(' · ');
  numbers.replaceChildren(...headlines(entry).map(([text, value]) => {
    const part = make('span', text + ' ');
    part.append(make('b', value));
    return part;
  }));
  health.replaceChildren(...signs(entry).map(([isGood, text]) =>
    make('span', (isGood ? '✓ ' : '⚠ ') + text, { class: 'sign', 'data-state': isGood ? 'good' : 'bad' })));
  findings.hidden = !entry.findings.length;
  if (entry.findings.length) {
    const count = entry.findings.length;
    findings.firstChild.textContent = `${count} finding${count > 1 ? 's' : ''}`;
    findings.lastChild.replaceChildren(...entry.findings.slice(-20).map(finding => make('li', finding.text)));
  }
}

// The numbers that people look for first, each of the best split there is.
function headlines(entry) {
  return ['elbo', 'reconstruction', 'kl', 'logDensityRatio', 'adversarial', 'discriminator', 'mse'].flatMap(name => {
    const phases = entry.points[name];
    const phase = phases && ['test', 'validation', 'train'].find(phase => phases[phase]);
    if (!phase) return [];
    const { values } = phases[phase];
    return [[`${titles[name] || name}${phase === 'train' ? '' : ', ' + phase}`, say(values[values.length - 1], 4)]];
  }).slice(0, 4);
}

// What the newest logged numbers say, by the thresholds of the guard.
function signs(entry) {
  if (!entry.step) return [];
  const found = [entry.broken ? [false, `${entry.broken} is no number`] : [true, 'numbers finite']];
  for (const { kind, isThere, metric, value } of entry.health) {
    if (kind === 'saturated-discriminator') {
      found.push([!isThere, `discriminator ${isThere ? 'saturated' : 'learning'}, loss ${say(value, 2)} nats`]);
    } else if (metric === 'kl') {
      found.push([!isThere, `posterior ${isThere ? 'collapsed' : 'informative'}, KL ${say(value, 3)} nats`]);
    } else {
      found.push([!isThere, `codes explain ${say(100 * Math.max(0, value), 2)} % of the variance`]);
    }
  }
  return found;
}

function take(entry, lines, age, health) {
  for (const line of lines) {
    if (line.phase === 'guard') { entry.findings.push(line); continue; }
    entry.step = Math.max(entry.step, line.step);
    if (line.phase === 'train') entry.broken = Object.keys(line).find(name => line[name] === null) || null;
    for (const [name, value] of Object.entries(line)) {
      if (name === 'step' || name === 'phase' || typeof value !== 'number') continue;
      const key = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
      const series = ((entry.points[key] ||= {})[line.phase] ||= { steps: [], values: [] });
      series.steps.push(line.step);
      series.values.push(value);
    }
  }
  entry.health = health;
  entry.lastSeen = Date.now() - 1000 * age;
  entry.pace = [...entry.pace.filter(one => Date.now() - one.time < 15000), { time: Date.now(), step: entry.step }];
}

const isDark = () => (document.documentElement.dataset.theme ||
  (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
// Lighter on a dark ground.
const colorOf = entry => isDark()
  ? '#' + entry.color.match(/[0-9a-f]{2}/g).map(part =>
    Math.round(parseInt(part, 16) * 0.55 + 255 * 0.45).toString(16).padStart(2, '0')).join('')
  : entry.color;
