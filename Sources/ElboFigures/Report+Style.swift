extension Report {
  /// The page's style sheet: follows the reader's choice of light or dark, fits a phone, prints in black on
  /// white.
  static let style = """
    :root {
      --page: #fbfbfa; --surface: #ffffff; --ink: #1d2125; --quiet: #5c6670; --line: #e1e4e8; --link: #0b62a8;
      --good: #17663a; --good-ground: #dff3e6; --busy: #0b4f8a; --busy-ground: #dfeefb;
      --stop: #7a4a00; --stop-ground: #fdf0d5; --bad: #9b1c1c; --bad-ground: #fde4e4;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #14171a; --surface: #1c2024; --ink: #e6e9ec; --quiet: #a0a9b2; --line: #32383e; --link: #7fbdf5;
        --good: #8fe0ae; --good-ground: #143524; --busy: #9ccbf6; --busy-ground: #12304b;
        --stop: #f2cd88; --stop-ground: #3d2c0b; --bad: #f7a8a8; --bad-ground: #451a1a;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
      -webkit-text-size-adjust: 100%;
    }
    main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
    h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
    h2 { font-size: 1.25rem; line-height: 1.3; margin: 48px 0 12px; }
    h3 { font-size: 1rem; margin: 20px 0 4px; }
    p { margin: 0 0 8px; }
    header .preset { color: var(--quiet); font-family: ui-monospace, "DejaVu Sans Mono", monospace;
      font-size: 0.875rem; margin: 0 0 4px; }
    .state { margin: 12px 0 0; color: var(--quiet); }
    .badge { display: inline-block; padding: 1px 10px; border-radius: 999px; font-size: 0.875rem;
      font-weight: 600; margin-right: 6px; }
    .finished { color: var(--good); background: var(--good-ground); }
    .running { color: var(--busy); background: var(--busy-ground); }
    .interrupted { color: var(--stop); background: var(--stop-ground); }
    .failed { color: var(--bad); background: var(--bad-ground); }
    .reason { margin: 12px 0 0; padding: 10px 14px; border-left: 3px solid var(--bad); background: var(--bad-ground);
      color: var(--ink); }
    dl { display: flex; flex-wrap: wrap; gap: 12px 32px; margin: 20px 0 0; }
    dt { color: var(--quiet); font-size: 0.8125rem; }
    dd { margin: 0; font-variant-numeric: tabular-nums; }
    .scroll { width: fit-content; min-width: min(420px, 100%); max-width: 100%; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); }
    table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
    th, td { text-align: left; vertical-align: baseline; padding: 8px 14px; border-top: 1px solid var(--line); }
    thead th { color: var(--quiet); font-size: 0.8125rem; font-weight: 600; border-top: 0; }
    tbody th { font-weight: 500; }
    small { display: block; color: var(--quiet); font-size: 0.8125rem; font-weight: 400; }
    thead .number { white-space: normal; }
    td.number { white-space: nowrap; }
    .number { text-align: right; font-variant-numeric: tabular-nums; }
    .figures { display: flex; flex-wrap: wrap; gap: 20px; align-items: flex-start; }
    figure { margin: 0; max-width: 100%; border: 1px solid var(--line); border-radius: 8px; overflow: hidden;
      background: var(--surface); min-width: min(280px, 100%); break-inside: avoid; }
    .plate { background: #ffffff; padding: 8px; overflow-x: auto; }
    img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
    figcaption { padding: 10px 16px 14px; border-top: 1px solid var(--line); font-size: 0.9375rem;
      color: var(--quiet); }
    figcaption b { color: var(--ink); display: block; }
    .notes p { max-width: 46rem; }
    summary { cursor: pointer; color: var(--link); }
    pre { margin: 12px 0 0; padding: 14px 16px; overflow-x: auto; background: var(--surface);
      border: 1px solid var(--line); border-radius: 8px; font: 0.8125rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
    @media (max-width: 600px) {
      main { padding: 24px 14px 48px; }
      h1 { font-size: 1.6rem; }
      h2 { margin-top: 36px; }
      th, td { padding: 8px 10px; }
      figure { width: 100% !important; }
      .plate { padding: 4px; }
      /* Wide charts scroll sideways rather than shrink until their text cannot be read. */
      img { max-width: max(100%, var(--least)); }
    }
    @media print {
      :root { --page: #ffffff; --surface: #ffffff; --ink: #000000; --quiet: #444444; --line: #bbbbbb;
        --link: #000000; --good: #000000; --good-ground: #ffffff; --busy: #000000; --busy-ground: #ffffff;
        --stop: #000000; --stop-ground: #ffffff; --bad: #000000; --bad-ground: #ffffff; }
      body { font-size: 10.5pt; }
      main { max-width: none; padding: 0; }
      h2, h3 { break-after: avoid; }
      tr, figure { break-inside: avoid; }
      .badge { border: 1px solid #444444; }
      .scroll, pre { overflow: visible; }
      pre { white-space: pre-wrap; }
      summary { display: none; }
      details::details-content { content-visibility: visible; block-size: auto; }
    }
    """
}
