// The latent space of one run: a plane to drag on, or sliders, ways between examples, traversals.
const explorer = { entry: null, map: null, z: [], examples: null, chosen: [0, 1], ends: null };
const hues = index => `hsl(${(index * 137.5 + 210) % 360} 65% ${isDark() ? 65 : 42}%)`;

function offerRuns() {
  const select = el('explored'), served = [...runs.values()].filter(entry => entry.model);
  if (select.options.length !== served.length) {
    const before = select.value;
    select.replaceChildren(...served.map(entry => make('option', entry.name, { value: entry.name })));
    if (served.some(entry => entry.name === before)) select.value = before;
  }
  if (served.length) explore(runs.get(select.value));
}

const explore = newest(async entry => {
  const isOther = explorer.entry !== entry;
  if (!isOther && explorer.map?.step === entry.model.step) return;
  const map = await server.get(`/v1/models/${entry.name}/explorer`);
  explorer.entry = entry;
  explorer.map = map;
  const model = entry.model, isPlane = map.latentDimension === 2;
  if (isOther) {
    explorer.z = new Array(map.latentDimension).fill(0);
    explorer.examples = null;
    setUpClasses(model);
  }
  el('latent-hint').hidden = true;
  el('explorer').hidden = false;
  el('plane-part').hidden = !isPlane;
  el('sliders-part').hidden = isPlane;
  el('between-part').hidden = !model.image;
  el('traversal-part').hidden = isPlane || !model.image;
  el('decoded').hidden = !model.image;
  el('decoded-bars').hidden = !!model.image;
  if (isPlane) drawPlane(); else setUpSliders();
  showDecoded();
  if (model.image) { await setUpExamples(); showTraversals(); }
});

function setUpClasses(model) {
  el('class-label').hidden = !model.decoderTakesLabels;
  el('class').replaceChildren(...model.classNames.map((name, index) => make('option', name, { value: index })));
}
const told = count => explorer.entry.model.decoderTakesLabels
  ? { labels: new Array(count).fill(Number(el('class').value)) } : {};
const decode = z => server.rows(explorer.entry.name, 'decode', { z, ...told(z.length) });

let bars = null;
const showDecoded = newest(async () => {
  const z = [...explorer.z], model = explorer.entry.model, start = performance.now();
  const rows = await decode([z]);
  const took = performance.now() - start;
  if (model.image) blit(el('decoded'), rows, model, 1); else showBars(rows);
  const shown = z.slice(0, 2).map(value => value.toFixed(2).replace('-', '−')).join(', ');
  el('place').textContent = (z.length === 2 ? `z = (${shown}) · ` : '') + `decoded in ${took.toFixed(0)} ms`;
  el('place').dataset.milliseconds = took;
});

function showBars(rows) {
  bars?.destroy();
  const axis = { stroke: css('--soft'), grid: { stroke: css('--line') } };
  bars = new uPlot({
    width: Math.max(200, el('decoded-bars').clientWidth), height: 240, legend: { show: false },
    scales: { x: { time: false, range: [-0.6, rows.width - 0.4] }, y: { range: explorer.entry.model.range } }, axes: [axis, axis],
    series: [{ label: 'feature' }, { label: 'mean', stroke: css('--accent'), fill: css('--accent'), paths: uPlot.paths.bars({ size: [0.7, 60] }) }],
  }, [[...rows.values.keys()], [...rows.values]], el('decoded-bars'));
}

// The plane: the one picture that is drawn here by hand.
function drawPlane() {
  const canvas = el('plane'), { density, codes, labels } = explorer.map;
  const side = Math.round(canvas.clientWidth * devicePixelRatio) || 400;
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  const [low, high] = [density.low, density.high];
  const at = z => [(z[0] - low[0]) / (high[0] - low[0]) * side, (1 - (z[1] - low[1]) / (high[1] - low[1])) * side];
  context.lineWidth = devicePixelRatio;
  for (const [values, color] of [[density.prior, css('--prior')], [density.aggregated, css('--aggregated')]]) {
    if (!values) continue;
    const top = Math.max(...values.flat());
    context.strokeStyle = color;
    // Half a unit, one, two, ... standard deviations of a normal density.
    for (const deviations of [0.5, 1, 1.5, 2, 3]) contour(context, values, top - deviations * deviations / 2, side);
  }
  const size = 2.2 * devicePixelRatio;
  codes.forEach((z, index) => {
    const [x, y] = at(z);
    context.fillStyle = labels && labels[index] >= 0 ? hues(labels[index]) : css('--accent');
    context.globalAlpha = 0.75;
    context.beginPath();
    context.arc(x, y, size, 0, 7);
    context.fill();
  });
  context.globalAlpha = 1;
  const [x, y] = at(explorer.z), reach = 9 * devicePixelRatio;
  for (const [color, width] of [[css('--card'), 5], [css('--ink'), 2]]) {
    context.strokeStyle = color;
    context.lineWidth = width * devicePixelRatio;
    context.beginPath();
    context.arc(x, y, reach, 0, 7);
    context.moveTo(x - 2 * reach, y); context.lineTo(x - reach / 2, y);
    context.moveTo(x + reach / 2, y); context.lineTo(x + 2 * reach, y);
    context.moveTo(x, y - 2 * reach); context.lineTo(x, y - reach / 2);
    context.moveTo(x, y + reach / 2); context.lineTo(x, y + 2 * reach);
    context.stroke();
  }
  const names = explorer.entry.model.classNames;
  if (labels && el('classes').childElementCount !== names.length) {
    el('classes').replaceChildren(...names.map((name, index) => make('span', name, { class: 'key dot', style: `--key: ${hues(index)}` })));
  }
  if (!labels) el('classes').replaceChildren();
}

// Marching squares: in each cell of the grid, lines between the edges that the level crosses.
function contour(context, values, level, side) {
  const last = values.length - 1, cell = side / last;
  context.beginPath();
  for (let row = 0; row < last; row++) {
    for (let column = 0; column < last; column++) {
      const a = values[row][column], b = values[row][column + 1], c = values[row + 1][column + 1], d = values[row + 1][column];
      const points = [];
      const cross = (p, q, x0, y0, x1, y1) => {
        if (p < level === q < level) return;
        const t = (level - p) / (q - p);
        points.push([(column + x0 + t * (x1 - x0)) * cell, side - (row + y0 + t * (y1 - y0)) * cell]);
      };
      cross(a, b, 0, 0, 1, 0); cross(b, c, 1, 0, 1, 1); cross(c, d, 1, 1, 0, 1); cross(d, a, 0, 1, 0, 0);
      for (let index = 0; index + 1 < points.length; index += 2) {
        context.moveTo(...points[index]);
        context.lineTo(...points[index + 1]);
      }
    }
  }
  context.stroke();
}

function moveTo(z) {
  const { low, high } = explorer.map.density;
  explorer.z = z.map((value, index) => Math.min(high[index], Math.max(low[index], value)));
  drawPlane();
  showDecoded();
}
function point(event) {
  const box = el('plane').getBoundingClientRect(), { low, high } = explorer.map.density;
  moveTo([low[0] + (event.clientX - box.left) / box.width * (high[0] - low[0]),
    high[1] - (event.clientY - box.top) / box.height * (high[1] - low[1])]);
}
el('plane').addEventListener('pointerdown', event => { el('plane').setPointerCapture(event.pointerId); point(event); });
el('plane').addEventListener('pointermove', event => { if (event.buttons) point(event); });
el('plane').addEventListener('keydown', event => {
  const step = event.shiftKey ? 0.5 : 0.1;
  const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
  if (!move) return;
  event.preventDefault();
  moveTo([explorer.z[0] + move[0], explorer.z[1] + move[1]]);
});

function setUpSliders() {
  const { units, activity, spread } = explorer.map;
  el('sliders').replaceChildren(...units.map(unit => {
    const label = make('label'), text = make('span');
    const range = make('input', undefined, { type: 'range', step: 'any', 'aria-label': `Latent unit ${unit + 1}` });
    const reach = Math.max(3, 3 * spread[unit]);
    range.min = -reach;
    range.max = reach;
    range.value = explorer.z[unit];
    const say = () => { text.textContent = `z${unit + 1} = ${explorer.z[unit].toFixed(2).replace('-', '−')} (activity ${activity[unit].toPrecision(2)})`; };
    range.addEventListener('input', () => { explorer.z[unit] = Number(range.value); say(); showDecoded(); });
    say();
    label.append(text, range);
    return label;
  }));
}
el('zero').addEventListener('click', () => { explorer.z.fill(0); setUpSliders(); showDecoded(); showTraversals(); });
el('draw').addEventListener('click', async () => {
  const model = explorer.entry.name, seed = Math.floor(Math.random() * 2 ** 31);
  const answer = await server.fetch(`/v1/models/${model}/sample`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ n: 1, seed, ...told(1) }),
  });
  explorer.z = (await answer.json()).z[0];
  setUpSliders();
  showDecoded();
  showTraversals();
});

async function setUpExamples() {
  const { entry } = explorer, model = entry.model;
  if (!explorer.examples) {
    explorer.examples = await server.get(`/v1/models/${entry.name}/examples?n=16`);
    explorer.chosen = [0, 1];
    el('examples').replaceChildren(...explorer.examples.x.map((x, index) => {
      const button = make('button', undefined, { type: 'button', 'aria-label': `Test example ${index + 1}`, 'aria-pressed': index < 2 });
      const canvas = make('canvas');
      blit(canvas, flat([x]), model, 1);
      button.append(canvas);
      button.addEventListener('click', () => choose(index));
      return button;
    }));
  }
  await encodeEnds();
}
function choose(index) {
  if (explorer.chosen.includes(index)) return;
  explorer.chosen = [explorer.chosen[1], index];
  [...el('examples').children].forEach((button, at) => button.setAttribute('aria-pressed', explorer.chosen.includes(at)));
  encodeEnds();
}
const encodeEnds = newest(async () => {
  const { examples, chosen, entry } = explorer;
  const labels = entry.model.encoderTakesLabels ? { labels: chosen.map(index => examples.labels[index]) } : {};
  const codes = await server.rows(entry.name, 'encode', { x: chosen.map(index => examples.x[index]), code: 'mean', ...labels });
  explorer.ends = [0, 1].map(index => [...codes.values.slice(index * codes.width, (index + 1) * codes.width)]);
  const ways = Array.from({ length: 11 }, (_, index) => between(index / 10));
  blit(el('between'), await decode(ways), entry.model, 11);
});
const between = t => explorer.ends[0].map((value, index) => value + t * (explorer.ends[1][index] - value));
el('way').addEventListener('input', () => {
  if (!explorer.ends) return;
  explorer.z = between(Number(el('way').value));
  if (explorer.map.latentDimension === 2) drawPlane(); else setUpSliders();
  showDecoded();
});

const showTraversals = newest(async () => {
  const { map, entry, z } = explorer;
  if (map.latentDimension === 2 || !entry.model.image) return;
  const rows = map.units.slice(0, 8).flatMap(unit => Array.from({ length: 11 }, (_, index) => {
    const moved = [...z];
    moved[unit] = (index - 5) / 5 * 3 * Math.max(map.spread[unit], 0.3);
    return moved;
  }));
  blit(el('traversals'), await decode(rows), entry.model, 11);
});

el('explored').addEventListener('change', offerRuns);
el('class').addEventListener('change', () => { showDecoded(); encodeEnds(); showTraversals(); });
