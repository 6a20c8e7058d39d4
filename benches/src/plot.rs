//! Small multiples as SVG: size on a logarithmic axis, nanoseconds upwards, all on one scale. What grows with the logarithm is a straight line.

use std::fmt::Write;

pub struct Point {
    pub size: f64,
    pub ns: f64,
}

pub struct Curve {
    pub name: &'static str,
    pub detail: &'static str,
    pub points: Vec<Point>,
}

impl Curve {
    /// The straight line nearest to the points, by least squares: where it starts, at size 1, and what a doubling adds.
    pub fn fit(&self) -> (f64, f64) {
        let count = self.points.len() as f64;
        let mean = |of: &dyn Fn(&Point) -> f64| self.points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(&|point| point.size.log2()), mean(&|point| point.ns));
        let slope = mean(&|point| (point.size.log2() - x) * (point.ns - y)) / mean(&|point| (point.size.log2() - x).powi(2));
        (y - slope * x, slope)
    }
}

const COLUMNS: usize = 4;
const PANEL: (f64, f64) = (240.0, 210.0);
/// Of a panel: left, top, right, bottom.
const MARGINS: [f64; 4] = [34.0, 46.0, 18.0, 26.0];
const INSET: f64 = 14.0;

/// The plot.
pub fn draw(curves: &[Curve]) -> String {
    let most = curves.iter().flat_map(|curve| &curve.points).map(|point| point.ns).fold(100.0, f64::max);
    // The least of 1, 2, 5 times a power of ten that leaves at most five lines.
    let step = [20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0].into_iter().find(|step| most / step <= 5.0).unwrap_or(10_000.0);
    let top = (most / step).ceil() * step;
    let rows = curves.len().div_ceil(COLUMNS);
    let (width, height) = (PANEL.0 * COLUMNS as f64, PANEL.1 * rows as f64 + 30.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"10\" fill=\"#333\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"8\" y=\"20\" font-size=\"13\">Nanoseconds a contact, by size on a logarithmic axis; dashed: a + b log(size)</text>\n"
    );
    for (index, curve) in curves.iter().enumerate() {
        let (x, y) = (PANEL.0 * (index % COLUMNS) as f64, PANEL.1 * (index / COLUMNS) as f64 + 30.0);
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        panel(&mut svg, curve, top, step);
        svg += "</g>\n";
    }
    svg + "</svg>\n"
}

fn panel(svg: &mut String, curve: &Curve, top: f64, step: f64) {
    let [left, above, right, below] = MARGINS;
    let (first, last) = (curve.points[0].size.log10(), curve.points[curve.points.len() - 1].size.log10());
    // The first figure must not stand on the axis.
    let x = |size: f64| left + INSET + (PANEL.0 - left - right - INSET) * (size.log10() - first) / (last - first);
    let y = |ns: f64| PANEL.1 - below - (PANEL.1 - above - below) * ns / top;
    let (start, slope) = curve.fit();
    let _ = writeln!(svg, "<text x=\"{left}\" y=\"18\" font-size=\"12\" font-weight=\"bold\">{}</text>", curve.name);
    let _ = writeln!(svg, "<text x=\"{left}\" y=\"31\" font-size=\"9\" fill=\"#666\">{}</text>", curve.detail);
    for line in 0..=(top / step) as u32 {
        let ns = f64::from(line) * step;
        let at = y(ns);
        let _ = writeln!(svg, "<line x1=\"{left}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#e4e4e4\"/>", PANEL.0 - right);
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#888\">{ns}</text>", left - 4.0, at + 3.5);
    }
    let at = |size: f64| format!("{:.1},{:.1}", x(size), y(start + slope * size.log2()));
    let (from, to) = (at(curve.points[0].size), at(curve.points[curve.points.len() - 1].size));
    let _ = writeln!(svg, "<polyline points=\"{from} {to}\" fill=\"none\" stroke=\"#999\" stroke-dasharray=\"4 3\"/>");
    let line: Vec<String> = curve.points.iter().map(|point| format!("{:.1},{:.1}", x(point.size), y(point.ns))).collect();
    let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f5fbf\" stroke-width=\"1.8\"/>", line.join(" "));
    for point in &curve.points {
        let (x, y) = (x(point.size), y(point.ns));
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\" fill=\"#1f5fbf\"/>");
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#1f5fbf\">{:.0}</text>", y - 7.0, point.ns);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#888\">{}</text>",
            PANEL.1 - below + 14.0,
            short(point.size)
        );
    }
}

/// 10k, 1M.
fn short(size: f64) -> String {
    match size {
        1e6.. => format!("{}M", size / 1e6),
        1e4.. => format!("{}k", size / 1e3),
        _ => super::growth::grouped(size),
    }
}
