import Hummingbird

/// The dashboard: one page that holds all it needs.
enum Dashboard {
  static let page: [UInt8] = {
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    let scripts = [
      PackageResources.connection_js, PackageResources.runs_js, PackageResources.curves_js,
      PackageResources.plane_js, PackageResources.pictures_js, PackageResources.explorer_js,
      PackageResources.start_js,
    ]
    let page = text(PackageResources.dashboard_html)
      .replacing(
        "/*STYLE*/", with: text(PackageResources.uPlot_min_css) + text(PackageResources.dashboard_css)
      )
      .replacing(
        "/*LIBRARY*/",
        with: "/*\n\(text(PackageResources.uPlot_LICENSE_txt))*/\n" + text(PackageResources.uPlot_iife_min_js)
      )
      .replacing("/*SCRIPT*/", with: scripts.map(text).joined(separator: "\n"))
    return Array(page.utf8)
  }()

  /// What the browser may load and ask: this server, and what is in the page.
  private static let policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    + "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

  static func response() -> Response {
    .data(
      page, type: "text/html; charset=utf-8",
      headers: [.contentSecurityPolicy: policy, .cacheControl: "no-cache"])
  }
}
