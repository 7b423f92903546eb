//! What the scheduler counts, as text.

use gmp::runtime::RuntimeMetrics;

/// A figure of one worker.
type OfWorker = fn(&RuntimeMetrics, usize) -> u64;

/// All figures, as Prometheus reads them: one a line, those of the workers once for each.
pub fn text(metrics: &RuntimeMetrics) -> String {
    let whole: [(&str, u64); 12] = [
        ("gmp_workers", metrics.num_workers() as u64),
        ("gmp_alive_tasks", metrics.num_alive_tasks() as u64),
        ("gmp_spawned_tasks_total", metrics.spawned_tasks_count()),
        ("gmp_panicked_tasks_total", metrics.panicked_tasks_count()),
        ("gmp_global_queue_depth", metrics.global_queue_depth() as u64),
        ("gmp_remote_schedules_total", metrics.remote_schedule_count()),
        ("gmp_budget_forced_yields_total", metrics.budget_forced_yield_count()),
        ("gmp_blocking_threads", metrics.num_blocking_threads() as u64),
        ("gmp_idle_blocking_threads", metrics.num_idle_blocking_threads() as u64),
        ("gmp_blocking_queue_depth", metrics.blocking_queue_depth() as u64),
        ("gmp_retired_total", metrics.retired_count()),
        ("gmp_thread_failures_total", metrics.thread_failure_count()),
    ];
    let of_workers: [(&str, OfWorker); 9] = [
        ("gmp_worker_polls_total", RuntimeMetrics::worker_poll_count),
        ("gmp_worker_busy_nanoseconds_total", |m, worker| m.worker_total_busy_duration(worker).as_nanos() as u64),
        ("gmp_worker_parks_total", RuntimeMetrics::worker_park_count),
        ("gmp_worker_noops_total", RuntimeMetrics::worker_noop_count),
        ("gmp_worker_steals_total", RuntimeMetrics::worker_steal_count),
        ("gmp_worker_steal_operations_total", RuntimeMetrics::worker_steal_operations),
        ("gmp_worker_local_schedules_total", RuntimeMetrics::worker_local_schedule_count),
        ("gmp_worker_overflows_total", RuntimeMetrics::worker_overflow_count),
        ("gmp_worker_queue_depth", |m, worker| m.worker_local_queue_depth(worker) as u64),
    ];
    let mut out = String::new();
    for (name, figure) in whole {
        out += &format!("{name} {figure}\n");
    }
    for (name, figure) in of_workers {
        for worker in 0..metrics.num_workers() {
            out += &format!("{name}{{worker=\"{worker}\"}} {}\n", figure(metrics, worker));
        }
    }
    out
}
