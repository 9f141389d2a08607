// The latent space of one run: a plane to drag on, or sliders, ways between examples, traversals.
const explorer = { entry: null, map: null, z: [], examples: null, chosen: [0, 1], ends: null };
const plane = new LatentPlane(el('plane'), 2.4);
const isPlane = () => explorer.map?.latentDimension === 2;
const signed = (value, digits = 2) => value.toFixed(digits).replace('-', '−');

function offerRuns() {
  const select = el('explored'), served = [...runs.values()].filter(entry => entry.model);
  if (select.options.length !== served.length) {
    const before = select.value;
    select.replaceChildren(...served.map(entry => make('option', entry.name, { value: entry.name })));
    if (served.some(entry => entry.name === before)) select.value = before;
  }
  if (served.length && !document.hidden) explore(runs.get(select.value));
}

const explore = newest(async entry => {
  const isOther = explorer.entry !== entry;
  if (!isOther && explorer.map?.step === entry.model.step) return;
  const map = await server.get(`/v1/models/${entry.name}/explorer`);
  Object.assign(explorer, { entry, map });
  const model = entry.model;
  if (isOther) {
    Object.assign(explorer, { z: new Array(map.latentDimension).fill(0), examples: null, ends: null });
    Object.assign(plane, { images: null, way: null });
    el('images').checked = false;
    el('class').replaceChildren(...model.classNames.map((name, index) => make('option', name, { value: index })));
  }
  el('latent-hint').hidden = true;
  el('explorer').hidden = false;
  el('class-label').hidden = !model.decoderTakesLabels;
  el('plane-part').hidden = !isPlane();
  el('sliders-part').hidden = isPlane();
  el('decoded').hidden = !model.image;
  const hasEnds = model.image && model.testExamples > 1;
  el('between-part').hidden = !hasEnds;
  el('images-label').hidden = !isPlane() || !model.image;
  el('decoded-bars').hidden = !!model.image;
  el('traversal-part').hidden = !model.image;
  if (isPlane()) { plane.show(map, [0, 1]); classKeys(el('classes'), map, model); } else setUpSliders();
  await Promise.all([showDecoded(), showImages(), hasEnds ? setUpExamples() : null, showTraversals()]);
}, 200);

const told = count => explorer.entry.model.decoderTakesLabels
  ? { labels: new Array(count).fill(Number(el('class').value)) } : {};
const decode = z => server.rows(explorer.entry.name, 'decode', { z, ...told(z.length) });

let bars = null;
const showDecoded = newest(async () => {
  const z = [...explorer.z], { entry: { model }, map } = explorer, start = performance.now();
  if (isPlane()) plane.mark(z);
  const rows = await decode([z]), took = performance.now() - start;
  if (model.image) blit(el('decoded'), rows, model, 1); else showBars(rows);
  const lines = [];
  if (isPlane()) {
    const { prior, aggregated } = map.density;
    lines.push(`z = (${z.map(value => signed(value)).join(', ')})`);
    if (prior) lines.push(`log p(z) = ${signed(density(prior, plane, z))} nats`);
    lines.push(`log q(z) ≈ ${signed(density(aggregated, plane, z))} nats`);
  }
  lines.push(`answered in ${took.toFixed(0)} ms`);
  el('place').replaceChildren(...lines.map(line => make('span', line)));
  el('place').dataset.z = z.join();
});

function showBars(rows) {
  bars?.destroy();
  bars = new uPlot({
    width: Math.max(200, el('decoded-bars').clientWidth), height: 240, legend: { show: false }, cursor: { show: false },
    scales: { x: { time: false, range: [-0.6, rows.width - 0.4] }, y: { range: explorer.entry.model.range } },
    axes: axes(['feature', 'E[x|z]']).map((axis, index) => index ? axis : { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 1000] }),
    series: [{}, { points: { show: false }, stroke: css('--accent'), fill: css('--accent'), paths: uPlot.paths.bars({ size: [0.7, 60] }) }],
  }, [[...rows.values.keys()], [...rows.values]], el('decoded-bars'));
}

// Decoded images all over the plane, behind the codes.
const showImages = newest(async () => {
  const { entry: { model }, map } = explorer;
  if (!isPlane() || !model.image) return;
  plane.images = null;
  if (el('images').checked) {
    const side = 15, step = (plane.high - plane.low) / side;
    const z = Array.from({ length: side * side }, (_, index) => [
      plane.low + (index % side + 0.5) * step, plane.high - (Math.floor(index / side) + 0.5) * step]);
    const canvas = make('canvas');
    blit(canvas, await decode(z), model, side, 0);
    plane.images = canvas;
  }
  plane.redraw();
});

function moveTo(z) {
  explorer.z = z;
  if (isPlane()) plane.mark(z); else setUpSliders();
  showDecoded();
}
el('plane').addEventListener('pointerdown', event => {
  if (!plane.plot || !event.isPrimary || event.button) return;
  el('plane').setPointerCapture(event.pointerId);
  el('plane').focus({ preventScroll: true });
  event.preventDefault();
  moveTo(plane.place(event));
});
el('plane').addEventListener('pointermove', event => {
  if (event.isPrimary && event.buttons & 1 && el('plane').hasPointerCapture(event.pointerId)) moveTo(plane.place(event));
});
el('plane').addEventListener('keydown', event => {
  const step = event.shiftKey ? 0.5 : 0.1;
  const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step], Home: [] }[event.key];
  if (!move) return;
  event.preventDefault();
  moveTo(move.length ? plane.within(explorer.z.map((value, index) => value + move[index])) : [0, 0]);
});
el('images').addEventListener('change', () => showImages());

function setUpSliders() {
  const { units, activity, spread } = explorer.map, sliders = el('sliders');
  const tell = (label, unit) => { label.firstChild.textContent = `z${unit + 1} = ${signed(explorer.z[unit])}`; };
  if (sliders.dataset.of !== explorer.entry.name || sliders.dataset.units !== units.join()) {
    Object.assign(sliders.dataset, { of: explorer.entry.name, units: units.join() });
    sliders.replaceChildren(...units.map(unit => {
      const label = make('label'), range = make('input', undefined, { type: 'range', step: 'any', 'aria-label': `Latent unit ${unit + 1}` });
      label.append(make('span'), make('span', '', { class: 'activity' }), range);
      range.addEventListener('input', () => {
        explorer.z[unit] = Number(range.value);
        tell(label, unit);
        showDecoded();
      });
      range.addEventListener('change', () => showTraversals());
      return label;
    }));
  }
  units.forEach((unit, index) => {
    const label = sliders.children[index], range = label.lastChild, reach = Math.max(3, 3 * spread[unit]);
    label.children[1].textContent = `activity ${say(activity[unit], 2)}`;
    Object.assign(range, { min: -reach, max: reach, value: explorer.z[unit] });
    tell(label, unit);
  });
}
el('zero').addEventListener('click', () => { moveTo(explorer.z.map(() => 0)); showTraversals(); });
el('draw').addEventListener('click', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const answer = await server.json(explorer.entry.name, 'sample', { n: 1, seed, ...told(1) });
  moveTo(isPlane() ? plane.within(answer.z[0]) : answer.z[0]);
  showTraversals();
});

async function setUpExamples() {
  const { entry } = explorer, model = entry.model;
  if (!explorer.examples) {
    explorer.examples = await server.get(`/v1/models/${entry.name}/examples?n=24`);
    explorer.chosen = [0, 1];
    el('examples').replaceChildren(...explorer.examples.x.map((x, index) => {
      const name = model.classNames[explorer.examples.labels?.[index]];
      const button = make('button', undefined, { type: 'button', 'aria-label': `Test example ${index + 1}${name ? ': ' + name : ''}`, 'aria-pressed': index < 2 });
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
  const ways = Array.from({ length: 12 }, (_, index) => between(index / 11));
  blit(el('between'), await decode(ways), entry.model, 12);
  if (isPlane()) { plane.way = explorer.ends; plane.redraw(); }
});
const between = t => explorer.ends[0].map((value, index) => value + t * (explorer.ends[1][index] - value));
el('way').addEventListener('input', () => { if (explorer.ends) moveTo(between(Number(el('way').value))); });
el('way').addEventListener('change', () => showTraversals());

const showTraversals = newest(async () => {
  const { map, entry, z } = explorer;
  if (isPlane() || !entry.model.image) return;
  const units = map.units.slice(0, 8);
  const rows = units.flatMap(unit => Array.from({ length: 11 }, (_, index) => {
    const moved = [...z];
    moved[unit] = (index - 5) / 5 * 3 * Math.max(map.spread[unit], 0.3);
    return moved;
  }));
  const pictures = await decode(rows);
  blit(el('traversals'), pictures, entry.model, 11);
  el('traversal-names').replaceChildren(...units.map(unit => make('span', `z${unit + 1}`)));
});

el('explored').addEventListener('change', offerRuns);
el('class').addEventListener('change', () => { showDecoded(); showImages(); if (explorer.examples) encodeEnds(); showTraversals(); });
