//! That shares add up, and that both runtimes do what the trait says.

use super::{Gmp, Runtime, Tokio, share};

#[test]
fn shares_add_up() {
    for total in [0, 1, 7, 100] {
        for parts in 1..6 {
            let shares: Vec<_> = (0..parts).map(|index| share(total, parts, index)).collect();
            assert_eq!(shares.iter().sum::<u64>(), total);
            assert!(shares[0] - shares[parts - 1] <= 1, "even shares: {shares:?}");
        }
    }
}

fn runs_and_spawns<R: Runtime>() {
    let runtime = R::multi_thread(1);
    let sum = runtime.run(async {
        let task = R::spawn(async { 40 });
        R::yield_now().await;
        task.await.expect("the task completes") + 2
    });
    assert_eq!(sum, 42);
    let task = runtime.spawn_from_outside(async { 43 });
    assert_eq!(runtime.block_on(task).expect("the task completes"), 43);
}

#[test]
fn gmp_runs_and_spawns() {
    runs_and_spawns::<Gmp>();
}

#[test]
fn tokio_runs_and_spawns() {
    runs_and_spawns::<Tokio>();
}
