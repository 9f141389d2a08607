// Runs: their logs, curves, health and latest pictures.
const palette = ['#0b62c4', '#c2570c', '#1c7c3c', '#8e3bb0', '#b3261e', '#0f7f8c', '#8a6d00', '#c03a7d'];
const runs = new Map();
const preferred = ['elbo', 'reconstruction', 'kl', 'logDensityRatio', 'generator', 'discriminator', 'adversarial',
  'accuracy', 'mse', 'explainedVariance', 'learningRate', 'discriminatorLearningRate'];
const titles = { elbo: 'ELBO', kl: 'KL divergence', logDensityRatio: 'log density ratio', mse: 'squared error',
  explainedVariance: 'explained variance', learningRate: 'learning rate',
  discriminatorLearningRate: 'learning rate of the discriminator', importanceWeightedBound: 'importance-weighted bound',
  totalCorrelation: 'total correlation', discriminatorSteps: 'updates of the discriminator' };
const fewest = 1500;

function run(name) {
  if (!runs.has(name)) {
    runs.set(name, { name, color: palette[runs.size % palette.length], shown: true, points: {}, findings: [], step: 0,
      lastSeen: 0, model: null });
    listRun(runs.get(name));
  }
  return runs.get(name);
}

function listRun(entry) {
  const item = make('li');
  item.style.setProperty('--run', entry.color);
  const box = make('input', undefined, { type: 'checkbox' });
  box.checked = true;
  box.addEventListener('change', () => { entry.shown = box.checked; drawCurves(); showLatest(entry); });
  const label = make('label');
  label.append(box, make('span', entry.name));
  entry.stateLine = make('div', '', { class: 'state' });
  entry.healthLine = make('div', '', { class: 'health' });
  item.append(label, entry.stateLine, entry.healthLine);
  el('runs').append(item);
  describe(entry);
}

function describe(entry) {
  const isLive = Date.now() - entry.lastSeen < 15000;
  const served = entry.model ? `serving step ${entry.model.step}` : 'no checkpoint yet';
  entry.stateLine.textContent = `${entry.model?.preset ? entry.model.preset + ' · ' : ''}` +
    `${isLive ? 'training, ' : ''}step ${entry.step} · ${served}`;
  const line = entry.healthLine;
  line.dataset.state = entry.findings.length ? 'bad' : 'good';
  if (!entry.findings.length) { line.textContent = entry.step ? '✓ no findings' : ''; return; }
  const details = make('details'), list = make('ul');
  const last = entry.findings[entry.findings.length - 1];
  details.append(make('summary', `⚠ ${entry.findings.length} finding${entry.findings.length > 1 ? 's' : ''}, last: ${last.text}`));
  for (const finding of entry.findings.slice(-20)) list.append(make('li', finding.text));
  details.append(list);
  details.open = line.querySelector('details')?.open || false;
  line.replaceChildren(details);
}

function take(entry, lines) {
  for (const line of lines) {
    if (line.phase === 'guard') { entry.findings.push(line); continue; }
    entry.step = Math.max(entry.step, line.step);
    for (const [name, value] of Object.entries(line)) {
      if (name === 'step' || name === 'phase' || typeof value !== 'number') continue;
      const key = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
      const series = ((entry.points[key] ||= {})[line.phase] ||= { steps: [], values: [] });
      series.steps.push(line.step);
      series.values.push(value);
    }
  }
}

// A series as uPlot takes it, of long ones every so many points and the last.
function thinned({ steps, values }) {
  const every = Math.ceil(steps.length / fewest);
  if (every === 1) return [steps, values];
  const keep = (_, index) => index % every === 0 || index === steps.length - 1;
  return [steps.filter(keep), values.filter(keep)];
}

const charts = new Map();
let drawing = 0;
function drawCurvesSoon() { drawing ||= setTimeout(() => { drawing = 0; drawCurves(); }, 200); }

function drawCurves() {
  const shown = [...runs.values()].filter(entry => entry.shown);
  const names = new Set(shown.flatMap(entry => Object.keys(entry.points)));
  const place = name => { const at = preferred.indexOf(name); return at < 0 ? preferred.length : at; };
  const ordered = [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  el('curves-hint').hidden = ordered.length > 0;
  for (const [name, chart] of charts) if (!names.has(name)) { chart.plot?.destroy(); chart.box.remove(); charts.delete(name); }
  ordered.forEach((name, index) => {
    const chart = charts.get(name) || newChart(name);
    if (el('curves').children[index] !== chart.box) el('curves').insertBefore(chart.box, el('curves').children[index] || null);
    fill(chart, name, shown);
  });
}

function newChart(name) {
  const box = make('div', undefined, { class: 'chart', role: 'group', 'aria-label': (titles[name] || name) + ' by step' });
  const holder = make('div');
  box.append(make('h3', titles[name] || name), holder);
  charts.set(name, { box, holder, plot: null, key: '' });
  return charts.get(name);
}

function fill(chart, name, shown) {
  const tables = [], series = [{ label: 'step' }];
  for (const entry of shown) {
    for (const [phase, points] of Object.entries(entry.points[name] || {})) {
      tables.push(thinned(points));
      const isTraining = phase === 'train';
      series.push({
        label: (shown.length > 1 ? entry.name + ' ' : '') + phase, stroke: colorOf(entry), width: isTraining ? 1.5 : 0,
        points: { show: !isTraining, size: 8, fill: colorOf(entry) }, spanGaps: true,
        value: (_, value) => value == null ? '–' : Number(value.toPrecision(5)).toString(),
      });
    }
  }
  const data = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const width = Math.max(200, chart.box.clientWidth);
  const key = series.map(one => one.label + one.stroke).join() + width + document.documentElement.dataset.theme;
  if (chart.key === key) { chart.plot.setData(data); return; }
  chart.key = key;
  chart.plot?.destroy();
  const axis = { stroke: css('--soft'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line'), width: 1 } };
  chart.plot = new uPlot({
    width, height: 210, series, scales: { x: { time: false } }, cursor: { y: false },
    axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map(tick => Number(tick.toPrecision(6)).toString()) }],
  }, data, chart.holder);
}
const isDark = () => (document.documentElement.dataset.theme ||
  (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
// Lighter on a dark ground.
const colorOf = entry => isDark()
  ? '#' + entry.color.match(/[0-9a-f]{2}/g).map(part => Math.round(parseInt(part, 16) * 0.55 + 255 * 0.45).toString(16).padStart(2, '0')).join('')
  : entry.color;

// The latest pictures of a run: samples of the prior with one seed, and test examples above their reconstructions.
function showLatest(entry) {
  if (entry.pictures) entry.pictures.hidden = !entry.shown;
  if (entry.shown && entry.model?.image && entry.drawnStep !== entry.model.step) (entry.paint ||= newest(paintLatest))(entry);
}

async function paintLatest(entry) {
  const model = entry.model;
  entry.drawnStep = model.step;
  const labels = count => model.decoderTakesLabels
    ? { labels: Array.from({ length: count }, (_, index) => index % model.classNames.length) } : {};
  const samples = await server.rows(entry.name, 'sample', { n: 32, seed: 1, ...labels(32) });
  const examples = await server.get(`/v1/models/${entry.name}/examples?n=16`);
  const told = model.encoderTakesLabels || model.decoderTakesLabels ? { labels: examples.labels } : {};
  const again = await server.rows(entry.name, 'reconstruct', { x: examples.x, code: 'mean', ...told });
  if (!entry.pictures) {
    entry.pictures = make('figure', undefined, { class: 'picture' });
    entry.canvases = ['samples of the prior', 'test examples, and below each its reconstruction'].map(text => {
      const canvas = make('canvas', undefined, { role: 'img', 'aria-label': `${entry.name}: ${text}` });
      entry.pictures.append(canvas, make('figcaption'));
      return canvas;
    });
    el('latest').append(entry.pictures);
    el('latest-hint').hidden = true;
  }
  const rows = flat(examples.x), width = rows.width, lines = [];
  for (let half = 0; half < 2; half++) {
    const from = half * 8 * width, to = from + 8 * width;
    lines.push(...rows.values.slice(from, to), ...again.values.slice(from, to));
  }
  blit(entry.canvases[0], samples, model, 8);
  blit(entry.canvases[1], { values: lines, count: lines.length / width, width }, model, 8);
  const captions = entry.pictures.querySelectorAll('figcaption');
  captions[0].textContent = `${entry.name}, step ${model.step}: samples of the prior`;
  captions[1].textContent = 'test examples, and below each its reconstruction';
  entry.pictures.hidden = !entry.shown;
}
