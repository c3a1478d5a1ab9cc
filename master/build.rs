//! The page's files are embedded by a macro, which sees a change of a file but not a new one.

fn main() {
    println!("cargo:rerun-if-changed=ui");
}
