//! Tests of reading wrk's report.

use std::time::Duration;

use super::{Report, duration};

/// What wrk 4.1.0 prints.
const REPORT: &str = "\
Running 2s test @ http://127.0.0.1:40213/
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   472.15us  318.20us   9.08ms   96.13%
    Req/Sec   105.94k     5.16k  112.75k    80.00%
  Latency Distribution
     50%  431.00us
     75%  519.00us
     90%  639.00us
     99%    1.45ms
  210838 requests in 2.00s, 17.90MB read
Requests/sec: 105353.38
Transfer/sec:      8.94MB
";

fn parse(text: &str) -> Result<Report, String> {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    Report::parse(&lines)
}

#[test]
fn a_report_has_a_rate_and_a_percentile() {
    let [rate, p99] = parse(REPORT).expect("a report").values();
    assert!((rate - 105_353.38).abs() < 1e-6);
    assert!((p99 - 1_450.0).abs() < 1e-6);
}

#[test]
fn errors_are_told_not_averaged() {
    let socket = REPORT.replace("Requests/sec", "  Socket errors: connect 0, read 3, write 0, timeout 1\nRequests/sec");
    assert_eq!(parse(&socket).expect_err("errors"), "socket errors: connect 0, read 3, write 0, timeout 1");
    let other = REPORT.replace("Requests/sec", "  Non-2xx or 3xx responses: 7\nRequests/sec");
    assert_eq!(parse(&other).expect_err("errors"), "7 answers other than 2xx or 3xx");
}

#[test]
fn a_report_without_a_figure_is_none() {
    assert!(parse("").is_err());
    assert!(parse("unable to connect to 127.0.0.1:1 Connection refused").is_err());
    assert!(parse(&REPORT.replace("Requests/sec:", "Requests:")).is_err());
    assert!(parse(&REPORT.replace("99%", "98%")).is_err());
    assert!(parse(&REPORT.replace("105353.38", "0.00")).is_err());
    assert!(parse(&REPORT.replace("105353.38", "nan")).is_err());
    assert!(parse(&REPORT.replace("1.45ms", "fast")).is_err());
}

#[test]
fn times_have_a_unit() {
    assert_eq!(duration("635.91us"), Some(Duration::from_nanos(635_910)));
    assert_eq!(duration("12.50ms"), Some(Duration::from_micros(12_500)));
    assert_eq!(duration("2.00s"), Some(Duration::from_secs(2)));
    assert_eq!(duration("1.50m"), Some(Duration::from_secs(90)));
    assert_eq!(duration("0.50h"), Some(Duration::from_secs(1_800)));
    for text in ["", "12", "ms", "-1.00ms", "1.00 ns", "nanus"] {
        assert_eq!(duration(text), None, "{text}");
    }
}
