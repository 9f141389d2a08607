'use strict';
const el = id => document.getElementById(id);
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const make = (tag, text, attributes = {}) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
// A number for people: so many digits that count, and a minus sign that is one.
const say = (value, digits = 4) => value == null || !Number.isFinite(value) ? '–'
  : value.toLocaleString('en', { maximumSignificantDigits: digits }).replace('-', '−');
const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));

// Requests bear the token, where the server asks for one; events come by fetch too, since EventSource bears none.
const server = {
  headers(more) {
    const token = sessionStorage.getItem('elbo-token');
    return token ? { ...more, Authorization: 'Bearer ' + token } : more;
  },
  async fetch(path, options = {}) {
    const answer = await fetch(path, { ...options, headers: this.headers(options.headers || {}) });
    if (answer.status === 401) {
      el('token-form').hidden = false;
      el('token').focus();
    }
    if (!answer.ok) {
      const body = await answer.json().catch(() => null);
      throw new Error(body?.error?.message || 'status ' + answer.status);
    }
    return answer;
  },
  async get(path) { return (await this.fetch(path)).json(); },
  post(model, operation, body, accept) {
    return this.fetch(`/v1/models/${model}/${operation}`, {
      method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', Accept: accept },
    });
  },
  async json(model, operation, body) { return (await this.post(model, operation, body, 'application/json')).json(); },
  // Rows of numbers, as an NPY array of single precision.
  async rows(model, operation, body) {
    const bytes = await (await this.post(model, operation, body, 'application/x-npy')).arrayBuffer();
    const start = 10 + new DataView(bytes).getUint16(8, true);
    const header = new TextDecoder().decode(bytes.slice(10, start));
    const [count, width] = header.match(/\((\d+), (\d+)\)/).slice(1).map(Number);
    return { values: new Float32Array(bytes.slice(start)), count, width };
  },
};

// Follows the server's events for ever; handlers by the event's name.
async function follow(handlers, state) {
  for (;;) {
    try {
      const answer = await server.fetch('/v1/events');
      state('live', 'live');
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
        const parts = text.split('\n\n');
        text = parts.pop();
        for (const part of parts) {
          const name = part.match(/^event: (.*)$/m)?.[1];
          const data = part.match(/^data: (.*)$/m)?.[1];
          if (name && data) handlers[name]?.(JSON.parse(data));
        }
      }
    } catch (error) { /* Said below; tried again. */ }
    state('lost', 'not connected');
    await wait(1000);
  }
}

// Runs the newest of the calls that come while one is running, and no older one.
function newest(work, pause = 0) {
  let running = false, next = null;
  return async (...args) => {
    next = args;
    if (running) return;
    running = true;
    while (next) {
      const call = next;
      next = null;
      try { await work(...call); } catch (error) { console.info(error.message); await wait(300); }
      if (pause) await wait(pause);
    }
    running = false;
  };
}

// Draws rows of an image model, so many in a row, with a gap between.
function blit(canvas, rows, model, columns, gap = 1) {
  const { channels, height, width } = model.image, [low, high] = model.range;
  const across = Math.min(columns, rows.count), down = Math.ceil(rows.count / across);
  if (rows.count === 1) gap = 0;
  canvas.width = across * (width + gap) - gap;
  canvas.height = down * (height + gap) - gap;
  const context = canvas.getContext('2d'), plane = width * height;
  for (let index = 0; index < rows.count; index++) {
    const picture = context.createImageData(width, height), start = index * rows.width;
    for (let pixel = 0; pixel < plane; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = rows.values[start + (channels === 3 ? channel * plane : 0) + pixel];
        picture.data[4 * pixel + channel] = 255 * (value - low) / (high - low);
      }
      picture.data[4 * pixel + 3] = 255;
    }
    context.putImageData(picture, index % across * (width + gap), Math.floor(index / across) * (height + gap));
  }
}
const flat = matrix => ({ values: matrix.flat(), count: matrix.length, width: matrix[0].length });

// Labels of so many rows, where a model is told classes: given ones, or all classes in turn.
const turns = (model, count) => model.decoderTakesLabels
  ? { labels: Array.from({ length: count }, (_, index) => index % model.classNames.length) } : {};
