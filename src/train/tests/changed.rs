//! Files that change while runs train on them.

use super::*;

/// Writes to a file of tokens after step 2.
struct Meddler<'a> {
    file: &'a std::path::Path,
    tokens: &'a [u8],
    ended: bool,
}

impl Observer for Meddler<'_> {
    fn stepped(&mut self, step: usize) {
        if step == 2 {
            std::fs::write(self.file, self.tokens).unwrap();
            // Clocks of file systems may be coarse.
            let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
            std::fs::File::options()
                .write(true)
                .open(self.file)
                .unwrap()
                .set_modified(later)
                .unwrap();
        }
    }

    fn ended(&mut self, _lane: usize, _end: LaneEnd) -> Result<()> {
        self.ended = true;
        Ok(())
    }
}

#[test]
fn a_run_on_a_file_that_was_changed_meanwhile_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |first: u16| -> Vec<u8> {
        (0..3000_u16).flat_map(|token| ((token * 7 + first) % 40).to_le_bytes()).collect()
    };
    let (own, other) = (bytes(0), bytes(1));
    let file = folder.path().join("train.bin");
    std::fs::write(folder.path().join("val.bin"), bytes(2)).unwrap();
    std::fs::write(folder.path().join("meta.json"), "{\"vocab_size\": 40}").unwrap();
    let lanes = [lane(Form::AdamW, 0.1, 0)];
    for (tokens, is_kept) in [(&own, true), (&other, false), (&other[..4000].to_vec(), false)] {
        std::fs::write(&file, &own).unwrap();
        let source = Source::parse(folder.path().to_str().unwrap());
        let corpus = Corpus::load(&source, &cut(), &[0]).unwrap();
        let cohort = Cohort {
            lanes: &lanes,
            resume: Vec::new(),
            corpus: &corpus,
            initial: None,
            device: Device::flex(),
        };
        let mut observer = Meddler { file: &file, tokens, ended: false };
        let ending = train(&cohort, &mut observer, &Interrupter::new());
        assert_eq!((ending.is_ok(), observer.ended), (is_kept, is_kept));
        if let Err(error) = ending {
            assert!(error.to_string().contains("was changed while runs were trained"), "{error}");
        }
    }
}
