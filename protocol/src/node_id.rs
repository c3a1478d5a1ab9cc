//! Names of nodes. The routing id of a worker doubles as its name in every message.

use uuid::Uuid;

/// A node's id: `<host>_<32 hex digits>`. The host part holds no `_`, since masters group workers by the text before the first one.
pub type NodeId = String;

/// A fresh id for a worker on this host.
pub fn new_node_id() -> NodeId {
    format!("{}_{}", host_part(), Uuid::new_v4().simple())
}

/// A fresh temporary id, used only to fetch the locustfile.
pub fn download_id() -> NodeId {
    format!("{}_download_locustfile_{}", host_part(), Uuid::new_v4().simple())
}

/// The host a node runs on: the text before the first `_`, or all of it.
pub fn host_of(id: &str) -> &str {
    id.split_once('_').map_or(id, |(host, _)| host)
}

fn host_part() -> String {
    clean_host(&gethostname::gethostname().to_string_lossy())
}

fn clean_host(name: &str) -> String {
    let cleaned: String = name
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| if c == '_' { '-' } else { c })
        .take(60)
        .collect();
    if cleaned.is_empty() {
        "localhost".to_owned()
    } else {
        cleaned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_grouped_by_host() {
        let (a, b) = (new_node_id(), new_node_id());
        assert_ne!(a, b);
        assert_eq!(host_of(&a), host_of(&b));
        assert_eq!(host_of(&a), host_of(&download_id()));
        assert_eq!(a.len() - host_of(&a).len(), 33);
    }

    #[test]
    fn a_host_name_with_underscores_stays_one_group() {
        assert_eq!(clean_host("my_box_1"), "my-box-1");
        assert_eq!(clean_host(""), "localhost");
    }
}
