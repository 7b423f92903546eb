//! Sets, levels, and the sentence a too old CPU gets.

use super::*;

fn up_to_level(level: u8) -> FeatureSet {
    Feature::ALL.into_iter().filter(|feature| feature.level() <= level).collect()
}

#[test]
fn every_feature_has_a_bit_and_a_name_of_its_own() {
    let set: FeatureSet = Feature::ALL.into_iter().collect();
    assert_eq!(set.iter().count(), Feature::ALL.len());
    let mut names: Vec<_> = Feature::ALL.iter().map(|feature| feature.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Feature::ALL.len());
}

#[test]
fn a_level_needs_all_lower_ones() {
    for level in 1..=4 {
        assert_eq!(up_to_level(level).level(), level);
    }
    for feature in Feature::ALL {
        let mut set = up_to_level(4);
        set.remove(feature);
        assert_eq!(set.level(), feature.level() - 1, "without {}", feature.name());
    }
}

#[test]
fn compare_accepts_equal_and_newer() {
    assert_eq!(compare(FeatureSet::EMPTY, FeatureSet::EMPTY), Ok(()));
    assert_eq!(compare(up_to_level(2), up_to_level(2)), Ok(()));
    assert_eq!(compare(up_to_level(2), up_to_level(4)), Ok(()));
}

#[test]
fn compare_names_exactly_what_is_missing() {
    let mut present = up_to_level(3);
    present.remove(Feature::Sse42);
    let error = compare(up_to_level(3), present).unwrap_err();
    assert_eq!(error.missing().iter().collect::<Vec<_>>(), [Feature::Sse42]);

    let error = compare(up_to_level(3), up_to_level(2)).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("lacks avx, avx2, bmi1, bmi2, f16c, fma, lzcnt, movbe;"), "{message}");
    assert!(!message.contains("sse"), "{message}");
}

#[test]
fn insert_remove_contains_agree() {
    let mut set = FeatureSet::EMPTY;
    assert!(set.is_empty());
    set.insert(Feature::Avx512vl);
    assert!(set.contains(Feature::Avx512vl) && !set.contains(Feature::Avx512dq));
    set.remove(Feature::Avx512vl);
    assert!(set.is_empty());
    assert_eq!(set.to_string(), "");
}

#[test]
fn a_build_asks_for_nothing_that_it_was_not_given() {
    assert_eq!(compiled_for().contains(Feature::Avx2), cfg!(target_feature = "avx2"));
    assert_eq!(compiled_for().contains(Feature::Sse3), cfg!(target_feature = "sse3"));
    assert!(!compiled_for().contains(Feature::LahfSahf));
}
