//! The order in which workers are dealt to: round over hosts first, so that one big machine does not fill up before
//! the second one gets its first user (Locust's rule).

use std::collections::HashMap;

/// Sorts node ids by (ordinal within their host, id). The host is the text before the first `_`.
pub fn spread_over_hosts<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut sorted: Vec<&str> = ids.into_iter().collect();
    sorted.sort_unstable();
    let mut seen_on_host: HashMap<&str, usize> = HashMap::new();
    let mut keyed: Vec<(usize, &str)> = sorted
        .into_iter()
        .map(|id| {
            let ordinal = seen_on_host.entry(host_of(id)).or_default();
            *ordinal += 1;
            (*ordinal, id)
        })
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, id)| id).collect()
}

fn host_of(id: &str) -> &str {
    id.split_once('_').map_or(id, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_gets_its_first_worker_before_any_gets_its_second() {
        let ids = ["b_2", "a_3", "a_1", "c_1", "a_2", "b_1"];
        assert_eq!(spread_over_hosts(ids), ["a_1", "b_1", "c_1", "a_2", "b_2", "a_3"]);
    }

    #[test]
    fn an_id_without_a_host_part_is_its_own_host() {
        assert_eq!(spread_over_hosts(["w2", "w1"]), ["w1", "w2"]);
    }
}
