//! Lines and dots over a logarithmic axis, as SVG: with a ground of its own, which is read on light and on dark pages alike.

use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
/// Around the plot: left, right, above, below.
const MARGIN: (f64, f64, f64, f64) = (64.0, 24.0, 64.0, 56.0);
/// One colour a series, told apart by those who see few, too; shapes differ besides.
const COLOURS: [&str; 4] = ["#1f5fa8", "#b3450b", "#2b7a4b", "#6b3fa0"];

/// One line of a chart.
pub struct Series {
    /// What it is, for the legend.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A chart.
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What is along the axes, with units.
    pub axes: (String, String),
    /// From where to where it goes, powers of ten or multiples of them; both ends are labelled.
    pub x: Vec<f64>,
    /// The labels of the other axis, from the lowest to the highest.
    pub y: Vec<f64>,
    /// A value that is to be compared with, and what it is.
    pub mark: Option<(f64, String)>,
    /// What is drawn.
    pub series: Vec<Series>,
}

impl Chart {
    /// The file.
    pub fn svg(&self) -> String {
        let mut out = String::new();
        let (left, right, top, bottom) = (MARGIN.0, WIDTH - MARGIN.1, MARGIN.2, HEIGHT - MARGIN.3);
        let ends =
            |values: &[f64]| (values.first().copied().unwrap_or(1.0), values.last().copied().unwrap_or(2.0));
        let ((x0, x1), (y0, y1)) = (ends(&self.x), ends(&self.y));
        let at_x = |x: f64| left + (x / x0).ln() / (x1 / x0).ln() * (right - left);
        let at_y = |y: f64| bottom - (y - y0) / (y1 - y0) * (bottom - top);
        self.begin(&mut out);
        for &x in &self.x {
            let at = at_x(x);
            line(&mut out, (at, top), (at, bottom), "grid");
            text(&mut out, (at, bottom + 18.0), "middle", &number(x));
        }
        for &y in &self.y {
            let at = at_y(y);
            line(&mut out, (left, at), (right, at), "grid");
            text(&mut out, (left - 8.0, at + 4.0), "end", &number(y));
        }
        line(&mut out, (left, bottom), (right, bottom), "axis");
        line(&mut out, (left, top), (left, bottom), "axis");
        text(&mut out, ((left + right) / 2.0, HEIGHT - 14.0), "middle", &self.axes.0);
        let middle = (top + bottom) / 2.0;
        let turned =
            format!(r#"<text transform="translate(18 {middle:.0}) rotate(-90)" text-anchor="middle">"#);
        let _ = writeln!(out, "{turned}{}</text>", escape(&self.axes.1));
        if let Some((value, what)) = &self.mark {
            line(&mut out, (left, at_y(*value)), (right, at_y(*value)), "mark");
            text(&mut out, (right - 4.0, at_y(*value) - 6.0), "end", what);
        }
        let mut legend = left;
        for (n, series) in self.series.iter().enumerate() {
            let colour = COLOURS[n % COLOURS.len()];
            let places: Vec<(f64, f64)> = series.points.iter().map(|&(x, y)| (at_x(x), at_y(y))).collect();
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let _ =
                writeln!(out, r#"<polyline points="{}" stroke="{colour}" class="line"/>"#, path.join(" "));
            places.iter().for_each(|&place| shape(&mut out, n, place, colour));
            shape(&mut out, n, (legend + 6.0, top - 18.0), colour);
            text(&mut out, (legend + 18.0, top - 14.0), "start", &series.name);
            legend += 42.0 + 6.6 * series.name.chars().count() as f64;
        }
        out.push_str("</svg>\n");
        out
    }

    fn begin(&self, out: &mut String) {
        let title = escape(&self.title);
        let _ = writeln!(
            out,
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{title}">
<style>text {{ font: 13px system-ui, sans-serif; fill: #222 }} .title {{ font-size: 15px; font-weight: 600 }} .grid {{ stroke: #e2e2e2 }} .axis {{ stroke: #555 }} .mark {{ stroke: #777; stroke-dasharray: 6 4 }} .line {{ fill: none; stroke-width: 2 }}</style>
<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#fff"/>
<text class="title" x="{}" y="24">{title}</text>"##,
            MARGIN.0
        );
    }
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), class: &str) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let _ = writeln!(out, r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="{class}"/>"#);
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, what: &str) {
    let _ = writeln!(out, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{}</text>"#, escape(what));
}

/// A dot, a square, a triangle or a diamond.
fn shape(out: &mut String, n: usize, (x, y): (f64, f64), colour: &str) {
    let corners: &[(f64, f64)] = match n % 4 {
        0 => {
            let _ = writeln!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{colour}"/>"#);
            return;
        }
        1 => &[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)],
        2 => &[(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)],
        _ => &[(0.0, -5.5), (5.5, 0.0), (0.0, 5.5), (-5.5, 0.0)],
    };
    let corners: Vec<String> =
        corners.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx, y + dy)).collect();
    let _ = writeln!(out, r#"<polygon points="{}" fill="{colour}"/>"#, corners.join(" "));
}

/// As people write it: 10,000 and 1.2.
fn number(value: f64) -> String {
    if value < 1000.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{},{:03}", (value / 1000.0).floor(), value % 1000.0)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_its_axes_its_points_and_no_bare_markup() {
        let chart = Chart {
            title: "Last < first".into(),
            axes: ("friends".into(), "time / bound".into()),
            x: vec![1.0, 10.0, 100.0],
            y: vec![1.0, 2.0],
            mark: Some((1.3, "wanted".into())),
            series: vec![Series { name: "a & b".into(), points: vec![(1.0, 1.0), (10.0, 2.0)] }],
        };
        let svg = chart.svg();
        assert!(svg.contains("Last &lt; first") && svg.contains("a &amp; b"));
        // The first point is in the lower left corner, the second in the middle of the upper edge.
        assert!(svg.contains(r#"points="64.0,364.0 400.0,64.0""#), "{svg}");
        assert!(svg.contains(">100<") && svg.contains(">1<"));
    }

    #[test]
    fn numbers_are_as_people_write_them() {
        let written = [0.5, 1.0, 1.25, 999.0, 1000.0, 10_000.0].map(number);
        assert_eq!(written, ["0.5", "1", "1.25", "999", "1,000", "10,000"]);
    }
}
