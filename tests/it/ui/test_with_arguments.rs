//! Nor does a test.

#[gmp::test]
#[should_panic]
async fn adds(count: u8) {
    let _ = count;
}

fn main() {}
