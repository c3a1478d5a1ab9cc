use super::*;

struct Tree {
    dir: tempfile::TempDir,
    source: BundleSource,
}

impl Tree {
    /// Files of one byte each; the locustfile is `load/shop.py`, the working directory the tree's root.
    fn new(files: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let mut tree = Self {
            source: BundleSource {
                locustfiles: vec![root.join("load/shop.py")],
                working_directory: root,
                ..BundleSource::default()
            },
            dir,
        };
        tree.add("load/shop.py", 1);
        for file in files {
            tree.add(file, 1);
        }
        tree
    }

    fn add(&mut self, name: &str, size: u64) {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path).unwrap().set_len(size).unwrap();
    }

    fn include(mut self, include: &[&str]) -> Self {
        self.source.include = include.iter().map(|text| (*text).to_owned()).collect();
        self
    }

    fn exclude(mut self, exclude: &[&str]) -> Self {
        self.source.exclude = exclude.iter().map(|text| (*text).to_owned()).collect();
        self
    }

    fn bundle(&self) -> Bundle {
        Bundle::unpack(&self.source.pack().unwrap()).unwrap()
    }

    fn error(&self) -> String {
        self.source.pack().unwrap_err().to_string()
    }

    /// Asserts the names beside `load/shop.py`.
    fn check(&self, expected: &[&str]) {
        let bundle = self.bundle();
        let names = bundle.files.iter().map(|file| file.name.as_str());
        let others: Vec<_> = names.filter(|name| *name != "load/shop.py").collect();
        assert_eq!(others, expected);
    }
}

#[test]
fn modules_below_the_locustfile_and_data_beside_it_go_in() {
    let tree = Tree::new(&[
        "load/common.py",
        "load/users.csv",
        "load/pages/__init__.py",
        "load/pages/cart.py",
        "load/pages/deep/er.py",
        "load/pages/template.json",
        "load/data/more.csv",
        "outside.py",
    ]);
    tree.check(&[
        "load/common.py",
        "load/pages/__init__.py",
        "load/pages/cart.py",
        "load/pages/deep/er.py",
        "load/users.csv",
    ]);
    let bundle = tree.bundle();
    assert_eq!(
        (bundle.working_directory.as_str(), bundle.scripts),
        ("", vec!["load/shop.py".to_owned()])
    );
}

#[test]
fn hidden_files_caches_environments_and_results_stay_here() {
    let mut tree = Tree::new(&[
        "load/.env",
        "load/.git/hooks.py",
        "load/__pycache__/shop.py",
        "load/venv/pyvenv.cfg",
        "load/venv/lib.py",
        "load/node_modules/x.py",
        "load/not-a-package/x.py",
        "load/run_stats.csv",
        "load/run_stats_history.csv",
        "load/run_failures.csv",
        "load/run_exceptions.csv",
        "load/old.log",
        "load/old.pyc",
        "load/locust.conf",
        "load/result.json",
    ]);
    tree.source.own_files = vec![tree.source.working_directory.join("load/result.json")];
    tree.check(&[]);
}

#[test]
fn links_out_of_the_folder_and_to_folders_are_passed_over() {
    let tree = Tree::new(&["secret.txt", "load/users.csv"]);
    let link = |to: &str, from: &str| {
        std::os::unix::fs::symlink(tree.dir.path().join(to), tree.dir.path().join(from)).unwrap();
    };
    link("secret.txt", "load/leak.txt");
    link("load", "load/again");
    link("nowhere", "load/dangling");
    link("load/users.csv", "load/alias.csv");
    tree.check(&["load/alias.csv", "load/users.csv"]);
}

#[test]
fn a_large_data_file_goes_in_only_by_name() {
    let mut tree = Tree::new(&[]);
    tree.add("load/dump.bin", crate::limits::MAX_BUNDLE_DATA_FILE_BYTES + 1);
    tree.check(&[]);
    tree.include(&["load/dump.bin"]).check(&["load/dump.bin"]);
}

#[test]
fn include_takes_files_folders_and_patterns_of_the_working_directory() {
    let tree = Tree::new(&[
        "data/a.csv",
        "data/b.csv",
        "data/deep/c.csv",
        "data/.hidden",
        "other/x.txt",
    ]);
    let tree = tree.include(&["data"]);
    tree.check(&["data/a.csv", "data/b.csv", "data/deep/c.csv"]);
    let tree = tree.include(&["data/*.csv", "./other/../other/x.txt"]);
    tree.check(&["data/a.csv", "data/b.csv", "other/x.txt"]);
    let tree = tree.include(&["data/.hidden"]);
    tree.check(&["data/.hidden"]);
    let error = tree.include(&["dta/*.csv"]).error();
    assert!(error.contains("--include dta/*.csv names nothing"), "{error}");
}

#[test]
fn exclude_takes_away_by_name_or_path() {
    let files = ["load/a.py", "load/b.csv", "load/old/c.py", "load/old/d.py"];
    Tree::new(&files)
        .exclude(&["old"])
        .check(&["load/a.py", "load/b.csv"]);
    Tree::new(&files)
        .exclude(&["*.csv", "old/c.py"])
        .check(&["load/a.py", "load/old/d.py"]);
    Tree::new(&files)
        .exclude(&["load/old/"])
        .check(&["load/a.py", "load/b.csv"]);
    Tree::new(&files).exclude(&["*"]).check(&[]);
    let error = Tree::new(&files).exclude(&["[a"]).error();
    assert!(error.contains("--exclude [a is not a pattern"), "{error}");
}

#[test]
fn a_file_keeps_its_place_relative_to_the_working_directory() {
    let mut tree = Tree::new(&["data/a.csv"]).include(&["../data/a.csv"]);
    tree.source.working_directory = tree.source.working_directory.join("load");
    let bundle = tree.bundle();
    assert_eq!(bundle.working_directory, "load");
    tree.check(&["data/a.csv"]);
}

#[test]
fn too_much_is_refused_with_the_largest_files_and_advice() {
    let mut tree = Tree::new(&["data/small.csv"]).include(&["data"]);
    tree.add("data/huge.bin", MAX_BUNDLE_BYTES as u64);
    let error = tree.error();
    for text in ["huge.bin (64 MiB)", "--exclude", "--include", "3 files"] {
        assert!(error.contains(text), "{error}");
    }
    let mut tree = Tree::new(&[]);
    for number in 0..MAX_BUNDLE_FILES {
        tree.add(&format!("load/f{number}.csv"), 0);
    }
    assert!(tree.error().contains("1001 files"), "{}", tree.error());
}

#[test]
fn the_hash_changes_with_a_file_and_not_with_time() {
    let mut tree = Tree::new(&["load/common.py"]);
    let before = tree.source.pack().unwrap();
    assert_eq!(tree.source.pack().unwrap(), before);
    tree.add("load/common.py", 2);
    assert_ne!(tree.source.pack().unwrap().hash, before.hash);
}
