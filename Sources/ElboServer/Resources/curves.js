// Curves of all shown runs: a chart for each metric, by uPlot.
const titles = { elbo: 'ELBO', reconstruction: 'log p(x|z)', kl: 'KL divergence', logDensityRatio: 'log density ratio',
  mse: 'squared error', explainedVariance: 'explained variance', learningRate: 'learning rate', mmd: 'MMD²',
  discriminatorLearningRate: 'learning rate of the discriminator', importanceWeightedBound: 'importance-weighted bound',
  totalCorrelation: 'total correlation', discriminatorSteps: 'updates of the discriminator', accuracy: 'accuracy of the discriminator',
  discriminator: 'loss of the discriminator', adversarial: 'adversarial loss', generator: 'loss of encoder and decoder' };
// Those that are always seen, in this order; the others are one click away.
const first = ['elbo', 'importanceWeightedBound', 'reconstruction', 'kl', 'logDensityRatio', 'adversarial', 'discriminator', 'accuracy',
  'mmd', 'totalCorrelation', 'learningRate'];
const phases = ['train', 'validation', 'test'];
const charts = new Map();
const fewest = 1500;
let drawing = 0;
function drawCurvesSoon() { drawing ||= setTimeout(() => { drawing = 0; drawCurves(); }, 200); }

// A series as uPlot takes it, of long ones every so many points and the last.
function thinned({ steps, values }) {
  const every = Math.ceil(steps.length / fewest);
  if (every === 1) return [steps, values];
  const keep = (_, index) => index % every === 0 || index === steps.length - 1;
  return [steps.filter(keep), values.filter(keep)];
}

// A mean over a fiftieth of the points, the newer ones counting more.
function smoothed(values) {
  const keep = 1 - 1 / Math.max(4, values.length / 50);
  let sum = 0, weight = 0;
  return values.map(value => {
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}

function drawCurves() {
  const shown = [...runs.values()].filter(entry => entry.shown);
  const names = new Set(shown.flatMap(entry => Object.keys(entry.points)));
  const place = name => { const at = first.indexOf(name); return at < 0 ? first.length : at; };
  const ordered = [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  el('curves-hint').hidden = ordered.length > 0;
  for (const [name, chart] of charts) {
    if (!names.has(name)) { chart.plot?.destroy(); chart.box.remove(); charts.delete(name); }
  }
  const rest = ordered.filter(name => !first.includes(name));
  el('more').hidden = !rest.length;
  for (const [holder, some] of [[el('curves'), ordered.filter(name => first.includes(name))], [el('more-curves'), rest]]) {
    some.forEach((name, index) => {
      const chart = charts.get(name) || newChart(name);
      if (holder.children[index] !== chart.box) holder.insertBefore(chart.box, holder.children[index] || null);
      if (holder.clientWidth) fill(chart, name, shown);
    });
  }
}

function newChart(name) {
  const box = make('figure', undefined, { class: 'chart' }), holder = make('div');
  const readout = make('figcaption', undefined, { class: 'readout' });
  box.append(make('h3', titles[name] || name), holder, readout);
  charts.set(name, { box, holder, readout, plot: null, key: '', lines: [] });
  return charts.get(name);
}

function fill(chart, name, shown) {
  const tables = [], lines = [], series = [];
  for (const entry of shown) {
    for (const phase of phases.filter(phase => entry.points[name]?.[phase])) {
      const table = thinned(entry.points[name][phase]), color = colorOf(entry);
      const isNoisy = phase === 'train' && table[0].length > 60 && !name.toLowerCase().endsWith('learningrate');
      const isDotted = phase === 'test' || phase !== 'train' && table[0].length < 40;
      if (isNoisy) {
        tables.push([table[0], smoothed(table[1])]);
        series.push({ stroke: color, width: 1.8, points: { show: false }, spanGaps: true });
      }
      tables.push(table);
      series.push({
        stroke: color, width: phase === 'test' ? 0 : isNoisy ? 1 : 1.6, alpha: isNoisy ? 0.3 : 1,
        dash: phase === 'validation' ? [5, 4] : undefined, spanGaps: true,
        points: { show: isDotted, size: phase === 'test' ? 9 : 5, fill: phase === 'test' ? color : css('--card') },
      });
      lines.push({ label: shown.length > 1 ? `${entry.name} ${phase}` : phase, color, phase, isDotted, column: tables.length - 1 });
    }
  }
  const data = tables.length > 1 ? uPlot.join(tables) : tables[0];
  const width = Math.floor(chart.holder.clientWidth);
  const key = lines.map(one => one.label + one.color + one.column + one.isDotted).join();
  chart.lines = lines;
  if (chart.key === key) {
    chart.plot.setData(data);
    if (chart.plot.width !== width) chart.plot.setSize({ width, height: 190 });
  } else {
    chart.key = key;
    chart.plot?.destroy();
    chart.plot = new uPlot({
      width, height: 190, legend: { show: false }, scales: { x: { time: false }, y: { range: span } }, axes: axes(),
      cursor: { y: false, sync: { key: 'steps' }, points: { size: 7 } },
      series: [{}, ...series],
      hooks: { setCursor: [plot => readOut(chart, plot)] },
    }, data, chart.holder);
  }
  readOut(chart, chart.plot);
}

// From all but the outermost hundredths of the values, so that first steps do not flatten the others.
function span(plot) {
  const values = plot.data.slice(1).flatMap(column => column.filter(value => value != null)).sort((a, b) => a - b);
  if (!values.length) return [0, 1];
  const at = share => values[Math.round(share * (values.length - 1))];
  const few = values.length < 50, low = few ? values[0] : at(0.03), high = few ? values[values.length - 1] : at(0.97);
  const room = (high - low) * 0.1 || Math.abs(high) * 0.1 || 1;
  return [Math.max(low - room, Math.min(values[0] - room / 4, low)), Math.min(high + room, Math.max(values[values.length - 1] + room / 4, high))];
}

// Values at the cursor; where there is none, the last ones.
function readOut(chart, plot) {
  const [steps, ...columns] = plot.data, at = plot.cursor.idx;
  const parts = chart.lines.map(({ label, color, phase, column }) => {
    let row = at == null ? steps.length - 1 : at;
    while (row > 0 && columns[column][row] == null) row--;
    const part = make('span', label + ' ', { class: 'key ' + phase });
    part.style.setProperty('--key', color);
    part.append(make('b', say(columns[column][row], 5)));
    return part;
  });
  if (at != null) parts.unshift(make('span', `step ${say(steps[at], 9)}`));
  chart.readout.replaceChildren(...parts);
}

function axes(labels = []) {
  const line = { stroke: css('--line'), width: 1 };
  const axis = { stroke: css('--soft'), grid: line, ticks: { ...line, size: 4 }, font: '11px system-ui, sans-serif', gap: 4,
    labelFont: '12px system-ui, sans-serif', labelSize: 18 };
  const plain = (_, ticks) => ticks.map(tick => say(tick, 6));
  const short = (_, ticks) => ticks.map(tick => tick >= 10000 ? say(tick / 1000, 4) + 'k' : say(tick, 6));
  // As wide as the widest text.
  const size = (_, texts) => 14 + 6.5 * Math.max(3, ...(texts || []).map(text => text.length));
  return [{ ...axis, size: 28, values: labels[0] ? plain : short, label: labels[0] },
    { ...axis, size, values: plain, label: labels[1] }];
}
