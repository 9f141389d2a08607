// A plane of two latent units: axes by uPlot, and on it the codes of test examples, contours, a way, decoded images.
const tints = ['#4e79a7', '#f28e2b', '#e15759', '#35a39b', '#59a14f', '#d9a800', '#b07aa1', '#ff7f94', '#9c755f', '#8a8f98'];
const tint = index => tints[index] || `hsl(${index * 137.5 % 360} 55% 55%)`;

class LatentPlane {
  constructor(holder, dot, isBare = false) {
    Object.assign(this, { holder, dot, isBare, plot: null, map: null, images: null, way: null });
  }

  // Shows the codes of a model in two of its units.
  show(map, units) {
    this.map = map;
    this.units = units;
    const limit = map.density ? map.density.high[0]
      : 1.05 * Math.max(3, ...map.codes.flatMap(z => units.map(unit => Math.abs(z[unit]))));
    this.low = -limit;
    this.high = limit;
    this.draw();
  }

  draw() {
    this.plot?.destroy();
    this.plot = null;
    const width = Math.floor(this.holder.clientWidth);
    if (!width || !this.map) return;
    const span = [this.low, this.high], range = () => span;
    this.plot = new uPlot({
      width, height: this.isBare ? width : width - 14, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false, range }, y: { range } },
      axes: this.isBare ? [{ show: false }, { show: false }] : axes(this.units.map(unit => `z${unit + 1}`)), series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [plot => this.paint(plot)] },
    }, [span, span], this.holder);
    this.plot.over.append(this.marker = make('div', undefined, { class: 'marker', hidden: '' }));
  }

  redraw() { this.plot?.redraw(false); }

  paint(plot) {
    const { ctx: context, bbox: { left, top, width, height } } = plot, { map, units } = this;
    const at = z => [plot.valToPos(z[units[0]], 'x', true), plot.valToPos(z[units[1]], 'y', true)];
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    if (this.images) {
      context.imageSmoothingEnabled = true;
      context.drawImage(this.images, left, top, width, height);
    }
    this.paintCodes(context, at);
    if (map.density) this.paintContours(context, left, top, width, height);
    if (this.way) {
      context.strokeStyle = css('--ink');
      context.lineWidth = 2 * devicePixelRatio;
      context.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
      context.beginPath();
      context.moveTo(...at(this.way[0]));
      context.lineTo(...at(this.way[1]));
      context.stroke();
      context.setLineDash([]);
    }
    context.restore();
  }

  paintCodes(context, at) {
    context.globalAlpha = this.images ? 0.9 : 0.7;
    this.map.codes.forEach((z, index) => {
      const label = this.map.labels?.[index] ?? -1;
      context.fillStyle = label >= 0 ? tint(label) : css('--accent');
      context.beginPath();
      context.arc(...at(z), this.dot * devicePixelRatio, 0, 7);
      context.fill();
    });
    context.globalAlpha = 1;
  }

  // Half a unit, one, two, ... standard deviations of a normal density below the top.
  paintContours(context, left, top, width, height) {
    const { prior, aggregated } = this.map.density;
    context.lineWidth = (this.isBare ? 1 : 1.4) * devicePixelRatio;
    for (const [values, color, dash] of [[prior, '--prior', [2, 3]], [aggregated, '--aggregated', []]]) {
      if (!values) continue;
      const peak = Math.max(...values.flat());
      context.strokeStyle = css(color);
      context.setLineDash(dash.map(part => part * devicePixelRatio));
      for (const deviations of [0.5, 1, 1.5, 2, 3]) {
        contour(context, values, peak - deviations * deviations / 2, left, top, width, height);
      }
    }
    context.setLineDash([]);
  }

  mark(z) {
    if (!this.plot) return;
    const [x, y] = this.units.map(unit => (z[unit] - this.low) / (this.high - this.low));
    this.marker.hidden = false;
    this.marker.style.left = `${100 * x}%`;
    this.marker.style.top = `${100 - 100 * y}%`;
  }

  // The place of a pointer, within the plane.
  place(event) {
    const box = this.plot.over.getBoundingClientRect(), span = this.high - this.low;
    return this.within([this.low + (event.clientX - box.left) / box.width * span,
      this.high - (event.clientY - box.top) / box.height * span]);
  }
  within(z) { return z.map(value => Math.min(this.high, Math.max(this.low, value))); }
}

// Marching squares: in each cell of the grid, lines between the edges that the level crosses.
function contour(context, values, level, left, top, width, height) {
  const last = values.length - 1;
  context.beginPath();
  for (let row = 0; row < last; row++) {
    for (let column = 0; column < last; column++) {
      const a = values[row][column], b = values[row][column + 1], c = values[row + 1][column + 1], d = values[row + 1][column];
      const points = [];
      const cross = (p, q, x0, y0, x1, y1) => {
        if (p < level === q < level) return;
        const t = (level - p) / (q - p);
        points.push([left + (column + x0 + t * (x1 - x0)) / last * width, top + height - (row + y0 + t * (y1 - y0)) / last * height]);
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

// A log density of the grid at a place, between its four neighbours.
function density(values, plane, z) {
  const last = values.length - 1;
  const [x, y] = z.map(value => Math.min(last - 1e-6, Math.max(0, (value - plane.low) / (plane.high - plane.low) * last)));
  const [i, j] = [Math.floor(x), Math.floor(y)], [s, t] = [x - i, y - j];
  return (1 - t) * ((1 - s) * values[j][i] + s * values[j][i + 1]) + t * ((1 - s) * values[j + 1][i] + s * values[j + 1][i + 1]);
}

function classKeys(holder, map, model) {
  const isThere = map.labels && model.classNames.length <= 30;
  holder.replaceChildren(...(isThere ? model.classNames : []).map((name, index) => {
    const key = make('span', name, { class: 'key dot' });
    key.style.setProperty('--key', tint(index));
    return key;
  }));
}
