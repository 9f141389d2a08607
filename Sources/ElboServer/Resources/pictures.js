// The latest pictures of a run: samples of the prior with one seed, test examples with their reconstructions, codes.
function showPictures(entry) {
  if (entry.pictures) entry.pictures.box.hidden = !entry.shown;
  if (!entry.shown || !entry.model || document.hidden || entry.drawnStep === entry.model.step) return;
  (entry.paint ||= newest(paintPictures, 1500))(entry);
}

function newPictures(entry) {
  const box = make('article', undefined, { class: 'pictures' }), title = make('h3'), row = make('div', undefined, { class: 'trio' });
  const part = text => {
    const figure = make('figure'), holder = make(text === 'codes' ? 'div' : 'canvas', undefined, { role: 'img' }), caption = make('figcaption');
    figure.append(holder, caption);
    row.append(figure);
    return { figure, holder, caption };
  };
  entry.pictures = { box, title, samples: part('samples'), pairs: part('pairs'), codes: part('codes') };
  entry.pictures.plane = new LatentPlane(entry.pictures.codes.holder, 1.3, true);
  box.style.setProperty('--run', colorOf(entry));
  box.style.order = [...runs.keys()].indexOf(entry.name);
  box.append(title, row);
  el('latest').append(box);
  el('latest-hint').hidden = true;
}

async function paintPictures(entry) {
  const { model, name } = entry;
  entry.drawnStep = model.step;
  if (!entry.pictures) newPictures(entry);
  const { title, samples, pairs, codes, plane } = entry.pictures;
  const caption = (part, text) => {
    part.caption.textContent = text;
    part.holder.setAttribute('aria-label', `${name}: ${text}`);
  };
  for (const part of [samples, pairs]) part.figure.hidden = !model.image;
  if (model.image) {
    const drawn = await server.rows(name, 'sample', { n: 36, seed: 1, ...turns(model, 36) });
    blit(samples.holder, drawn, model, 6);
    const examples = await server.get(`/v1/models/${name}/examples?n=18`);
    const told = model.encoderTakesLabels || model.decoderTakesLabels ? { labels: examples.labels } : {};
    const again = await server.rows(name, 'reconstruct', { x: examples.x, code: 'mean', ...told });
    const shown = flat(examples.x), { width } = shown;
    // Rows of examples, each above a row of their reconstructions.
    const across = Math.min(6, shown.count), count = shown.count - shown.count % across, row = across * width;
    const lines = new Float32Array(2 * count * width);
    for (let from = 0; from < count * width; from += row) {
      lines.set(shown.values.slice(from, from + row), 2 * from);
      lines.set(again.values.subarray(from, from + row), 2 * from + row);
    }
    blit(pairs.holder, { values: lines, count: 2 * count, width }, model, across);
    caption(samples, 'samples of the prior');
    caption(pairs, 'test examples, and below each its reconstruction');
  }
  const map = await server.get(`/v1/models/${name}/explorer`);
  const units = map.latentDimension > 1 ? map.units.slice(0, 2).sort((a, b) => a - b) : null;
  codes.figure.hidden = !units;
  if (units) {
    plane.show(map, units);
    caption(codes, map.latentDimension === 2 ? 'codes of test examples' : 'codes of test examples, the two most active units');
  }
  entry.map = map;
  title.textContent = `${name}, step ${say(model.step, 9)}`;
  entry.pictures.box.hidden = !entry.shown;
}
