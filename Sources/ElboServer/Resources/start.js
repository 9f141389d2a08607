// Joins the parts to the server's events.
const loadModel = name => (run(name).load ||= newest(async () => {
  const entry = run(name), model = await server.get(`/v1/models/${name}`);
  if (model.step === null) return;
  entry.model = model;
  describe(entry);
  showPictures(entry);
  offerRuns();
}))();

// Draws all again that has colours or sizes of its own.
function redraw() {
  for (const chart of charts.values()) chart.key = '';
  drawCurves();
  for (const entry of runs.values()) {
    describe(entry);
    entry.pictures?.box.style.setProperty('--run', colorOf(entry));
    entry.pictures?.plane.draw();
  }
  if (!explorer.map) return;
  plane.draw();
  if (isPlane()) plane.mark(explorer.z);
  if (!explorer.entry.model.image) showDecoded();
}

follow({
  run({ run: name, ...plan }) {
    const entry = run(name);
    clear(entry);
    entry.plan = plan;
    describe(entry);
    drawCurvesSoon();
  },
  metrics({ run: name, lines, age, health }) {
    const entry = run(name);
    take(entry, lines, age, health);
    describe(entry);
    drawCurvesSoon();
  },
  model({ run: name }) { loadModel(name); },
}, (state, text) => { el('connection').dataset.state = state; el('connection').textContent = text; });
setInterval(() => runs.forEach(describe), 5000);

el('token-form').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('elbo-token', el('token').value);
  el('token-form').hidden = true;
});
el('theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
  localStorage.setItem('elbo-theme', document.documentElement.dataset.theme);
  redraw();
});
const kept = localStorage.getItem('elbo-theme');
if (kept) document.documentElement.dataset.theme = kept;
el('more').addEventListener('toggle', drawCurves);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
// What was not drawn while nobody looked.
document.addEventListener('visibilitychange', () => { if (!document.hidden) { runs.forEach(showPictures); offerRuns(); } });
let width = innerWidth;
addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; redraw(); } });
