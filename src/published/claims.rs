use super::{Evidence, Published};

/// Which of the repeated values are known.
pub fn known_and_repeated() -> String {
    let claims = || Published::all().iter().filter(|one| one.claim.is_some());
    let with = |evidence: Evidence| -> (usize, String) {
        let models: Vec<&str> =
            claims().filter(|one| one.evidence == evidence).map(|one| &*one.model).collect();
        (models.len(), models.join(", "))
    };
    let (documented, known) = with(Evidence::Documented);
    let (contradicted, wrong) = with(Evidence::Contradicted);
    let (undisclosed, unknown) = with(Evidence::Undisclosed);
    format!(
        "Of the {} values that are repeated, {documented} are known from their papers ({known}), \
         {contradicted} is contradicted by its own ({wrong}), and {undisclosed} are only repeated: their \
         authors never published them ({unknown}).",
        claims().count()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_counts_what_is_known() {
        let sentence = known_and_repeated();
        assert!(
            sentence.starts_with("Of the 8 values that are repeated, 3 are known"),
            "{sentence}"
        );
        assert!(sentence.contains("1 is contradicted by its own (PaLM 540B)"), "{sentence}");
        assert!(sentence.contains("4 are only repeated"), "{sentence}");
    }
}
