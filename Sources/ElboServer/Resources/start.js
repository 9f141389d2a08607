// Joins the parts to the server's events.
const loadModel = name => (run(name).load ||= newest(async () => {
  const entry = run(name), model = await server.get(`/v1/models/${name}`);
  if (model.step === null) return;
  entry.model = model;
  describe(entry);
  showLatest(entry);
  offerRuns();
}))();

function redraw() {
  drawCurves();
  if (explorer.map?.density) drawPlane();
  if (explorer.map && !explorer.entry.model.image) showDecoded();
}

follow({
  begin() { for (const entry of runs.values()) { entry.points = {}; entry.findings = []; } },
  reset({ run: name }) { Object.assign(run(name), { points: {}, findings: [], step: 0 }); drawCurvesSoon(); },
  metrics({ run: name, lines, age }) {
    const entry = run(name);
    entry.lastSeen = Date.now() - 1000 * age;
    take(entry, lines);
    describe(entry);
    drawCurvesSoon();
  },
  model({ run: name }) { loadModel(name); },
}, (state, text) => { el('connection').dataset.state = state; el('connection').textContent = text; });

server.get('/v1/models').then(({ models }) => models.forEach(({ name }) => run(name))).catch(() => {});
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
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
new ResizeObserver(() => redraw()).observe(document.body);
