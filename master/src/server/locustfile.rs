//! Handing out the locustfile. It is read when it is asked for, so a changed file reaches workers that start later.

use std::path::{Path, PathBuf};

use protocol::{LocustfileReply, SourceFile};

use crate::limits::MAX_LOCUSTFILE_BYTES;

pub(super) async fn reply(paths: &[PathBuf]) -> LocustfileReply {
    if paths.is_empty() {
        return LocustfileReply::Error(
            "the master has no locustfile to hand out; give it one with -f".to_owned(),
        );
    }
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        match source(path).await {
            Ok(file) => files.push(file),
            Err(reason) => {
                let error = format!("the master cannot hand out {}: {reason}", path.display());
                tracing::error!("{error}");
                return LocustfileReply::Error(error);
            }
        }
    }
    LocustfileReply::Files(files)
}

async fn source(path: &Path) -> Result<SourceFile, String> {
    if let Some(url) = path
        .to_str()
        .filter(|text| text.starts_with("http://") || text.starts_with("https://"))
    {
        return Ok(SourceFile::Url(url.to_owned()));
    }
    let size = tokio::fs::metadata(path)
        .await
        .map_err(|error| error.to_string())?
        .len();
    if size > MAX_LOCUSTFILE_BYTES {
        return Err(format!(
            "it has {size} bytes, more than the {MAX_LOCUSTFILE_BYTES} allowed"
        ));
    }
    let contents = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| error.to_string())?;
    let filename = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(SourceFile::File { filename, contents })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_goes_out_under_its_base_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shop.py");
        std::fs::write(&path, "x = 1\n").unwrap();
        let expected = SourceFile::File {
            filename: "shop.py".to_owned(),
            contents: "x = 1\n".to_owned(),
        };
        assert_eq!(reply(&[path]).await, LocustfileReply::Files(vec![expected]));
    }

    #[tokio::test]
    async fn an_unreadable_file_is_an_error_that_names_it() {
        let LocustfileReply::Error(error) = reply(&[PathBuf::from("/nonexistent/shop.py")]).await else {
            panic!("expected an error");
        };
        assert!(error.contains("/nonexistent/shop.py"), "{error}");
    }
}
