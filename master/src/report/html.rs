//! A run as one HTML file that needs nothing else: the live page's own modules and styles with the record of the run.
//!
//! The modules are inside an import map as `data:` URLs, which works because they import each other by bare names only. The
//! policy at the top forbids every connection, so that a report cannot tell anybody that it is read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::escape::{json_in_script, xml};
use super::record::Report;
use crate::timeline::views::Row;
use crate::ui_assets;

/// What the report runs first.
const ENTRY: &str = "report/main.js";
/// Modules that are imported by a computed name: the texts.
const TEXTS: &str = "lang/";

/// The colours a report opens in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the reader's system is set.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// `dark`, `light`; anything else is [`Theme::Auto`].
    pub fn parse(name: &str) -> Self {
        match name {
            "dark" => Self::Dark,
            "light" => Self::Light,
            _ => Self::Auto,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The file's bytes, UTF-8.
pub fn render(report: &Report<'_>, theme: Theme) -> Vec<u8> {
    let info = &report.record.info;
    let styles: String = ui_assets::styles()
        .iter()
        .map(|path| ui_assets::text(path))
        .collect();
    let title = format!("{} – {}", info.locustfile, info.id);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\" data-theme=\"{theme}\" data-report-theme=\"{theme}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"acrida-version\" content=\"{version}\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{styles}</style>\n\
         <script type=\"importmap\">{modules}</script>\n</head>\n<body class=\"report\">\n<div id=\"app\"></div>\n\
         <noscript><main>{figures}</main></noscript>\n\
         <script type=\"application/json\" id=\"record\">{record}</script>\n\
         <script type=\"module\">import \"acrida/{ENTRY}\";</script>\n</body>\n</html>\n",
        theme = theme.as_str(),
        policy = POLICY,
        version = env!("CARGO_PKG_VERSION"),
        title = xml(&title),
        styles = styles.replace("</", "<\\/"),
        modules = json_in_script(&import_map()),
        figures = plain_figures(report),
        record = json_in_script(&report.json()),
    );
    html.into_bytes()
}

/// Nothing is fetched from anywhere. Scripts are those in the file; pictures may be made in the page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data: blob:; \
                      connect-src 'none'; base-uri 'none'; form-action 'none'";

/// The modules the report needs, each as its own text.
fn import_map() -> String {
    let mut paths = ui_assets::static_imports(ENTRY);
    paths.extend(
        ui_assets::paths()
            .into_iter()
            .filter(|path| path.starts_with(TEXTS) && path.ends_with(".js")),
    );
    let imports: serde_json::Map<String, serde_json::Value> = paths
        .iter()
        .filter_map(|path| {
            let module = STANDARD.encode(ui_assets::file(path)?.bytes);
            let name = format!("{}{path}", ui_assets::MODULE_PREFIX);
            Some((
                name,
                format!("data:text/javascript;charset=utf-8;base64,{module}").into(),
            ))
        })
        .collect();
    serde_json::json!({ "imports": imports }).to_string()
}

/// For who runs no scripts: the main figures as a table.
fn plain_figures(report: &Report<'_>) -> String {
    let (info, statistics) = (&report.record.info, &report.statistics);
    let shown = [0.5, 0.95, 0.99];
    let places: Vec<usize> = shown
        .iter()
        .filter_map(|p| statistics.percentiles.iter().position(|known| known == p))
        .collect();
    let number = |ms: Option<f64>| ms.map_or_else(|| "–".to_owned(), |ms| ms.to_string());
    let line = |row: &Row| {
        let mut cells = vec![
            xml(&row.method),
            xml(&row.name),
            row.requests.to_string(),
            row.failures.to_string(),
            row.rate.to_string(),
            number(row.avg_ms),
        ];
        cells.extend(
            places
                .iter()
                .map(|place| number(row.ms.get(*place).copied().flatten())),
        );
        cells.push(number(row.max_ms));
        format!("<tr><td>{}</td></tr>\n", cells.join("</td><td>"))
    };
    let rows: String = statistics
        .rows
        .iter()
        .chain([&statistics.total])
        .map(line)
        .collect();
    let findings: String = report
        .diagnosis
        .iter()
        .map(|finding| format!("<li>{}: {}</li>\n", finding.severity.as_str(), xml(&finding.text)))
        .collect();
    format!(
        "<h1>{} – {}</h1>\n<p>{} users, {:.0} s. Charts need JavaScript.</p>\n<table>\n<tr><th>Type</th><th>Name</th><th># requests</th>\
         <th># failures</th><th>requests/s</th><th>average ms</th><th>p50 ms</th><th>p95 ms</th><th>p99 ms</th><th>max ms</th></tr>\n\
         {rows}</table>\n<ul>\n{findings}</ul>\n",
        xml(&info.locustfile),
        xml(&info.id),
        info.users,
        info.elapsed_s,
    )
}

#[cfg(test)]
mod tests {
    use super::super::record::Beside;
    use super::super::run_samples::run;
    use super::*;

    fn page() -> String {
        let (record, beside) = (run(30), Beside::default());
        String::from_utf8(render(&Report::of(&record, &beside), Theme::Dark)).unwrap()
    }

    fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
        text.split(start).nth(1).unwrap().split(end).next().unwrap()
    }

    #[test]
    fn the_record_in_the_page_is_the_reports() {
        let (record, beside) = (run(30), Beside::default());
        let page = page();
        let embedded = between(&page, "id=\"record\">", "</script>");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(embedded).unwrap(),
            serde_json::from_str::<serde_json::Value>(&Report::of(&record, &beside).json()).unwrap()
        );
    }

    #[test]
    fn every_module_that_is_imported_is_in_the_map() {
        let page = page();
        let map: serde_json::Value =
            serde_json::from_str(between(&page, "<script type=\"importmap\">", "</script>")).unwrap();
        let imports = map["imports"].as_object().unwrap();
        for name in [format!("acrida/{ENTRY}"), "acrida/lang/zh/report.js".to_owned()] {
            assert!(imports.contains_key(&name), "{name}");
        }
        for url in imports.values() {
            let module = url.as_str().unwrap().split("base64,").nth(1).unwrap();
            let module = String::from_utf8(STANDARD.decode(module).unwrap()).unwrap();
            for import in module
                .split("from \"")
                .skip(1)
                .filter(|rest| rest.starts_with("acrida/"))
            {
                let name = import.split('"').next().unwrap();
                assert!(imports.contains_key(name), "{name}");
            }
        }
    }

    #[test]
    fn nothing_names_the_network_and_names_are_text() {
        let page = page();
        assert!(page.contains("connect-src 'none'") && page.contains("data-theme=\"dark\""));
        let outside = page.split("src=\"").skip(1).chain(page.split("href=\"").skip(1));
        assert!(outside.into_iter().all(|rest| rest.starts_with("data:")));
        // Five scripts' ends: none of them made by a request name.
        assert_eq!(page.matches("</script>").count(), 3);
        assert!(between(&page, "<noscript>", "</noscript>").contains("&lt;/script&gt;&lt;b&gt;"));
    }
}
