// Command gmpbench runs one of gmp-bench's scenarios on Go's scheduler, in a process of its own.
//
// It answers as `gmp-bench child` does, with one line of JSON, and gmp-bench builds and starts it. By hand:
//
//	go run . child --scenario skynet --workers 2
//
// Each scenario does what its namesake in crates/gmp-bench/src/scenarios does, as one would write it in Go: goroutines for
// tasks, channels or a WaitGroup for join handles. What Go has nothing for isn't here; gmp-bench knows why.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
)

// A scenario's figures are those of its namesake, in its order; gmp-bench checks that. It reads the names here, too.
type scenario struct {
	name    string
	figures []figure
	run     func(params) []measurement
}

var scenarios = []scenario{
	{"burst", only(nanosPerOp), warmed(burst)},
	{"spawn_join", only(nanosPerOp), warmed(spawnJoin)},
	{"spawn_await_each", only(nanosPerOp), warmed(spawnAwaitEach)},
	{"main_spawns", only(nanosPerOp), warmed(mainSpawns)},
	{"yields", only(nanosPerOp), warmed(yields)},
	{"ping_pong_1", only(nanosPerOp), warmed(pingPong1)},
	{"ping_pong_100", only(nanosPerOp), warmed(pingPong100)},
	{"skynet", only(nanosPerOp), warmed(skynet)},
	{"fib", only(nanosPerOp), warmed(fib)},
	{"spawn_many_local", only(nanosPerOp), warmed(spawnManyLocal)},
	{"ping_pong_spawned", only(nanosPerOp), warmed(pingPongSpawned)},
	{"chained_spawn", only(nanosPerOp), warmed(chainedSpawn)},
	{"wake_across", percentiles, warmed(wakeAcross)},
	{"fairness", spread, fairness},
	{"scaling_1", only(perSecond), scaling1},
	{"scaling_2", scaled, scaling2},
	{"scaling_4", scaled, scaling4},
	{"scaling_8", scaled, scaling8},
	{"scaling_all", scaled, scalingAll},
	{"mpsc_4_1", only(nanosPerOp), warmed(mpsc)},
	{"sleepers_200k", only(cpuNanosPerOp), warmed(sleepers)},
	{"sleepers_near", only(cpuNanosPerOp), warmed(sleepersNear)},
	{"timeouts", only(nanosPerOp), warmed(timeouts)},
	{"interval_jitter", percentiles, warmed(intervalJitter)},
	{"interval_jitter_paced", percentiles, warmed(intervalJitterPaced)},
	{"timer_precision", precision, warmed(timerPrecision)},
	{"tcp_echo_1", only(nanosPerOp), warmed(tcpEcho1)},
	{"tcp_echo_50", only(nanosPerOp), warmed(tcpEcho50)},
	{"tcp_echo_1000", only(nanosPerOp), warmed(tcpEcho1000)},
	{"accept_close", only(perSecond), warmed(acceptClose)},
	{"udp_ping_pong_1", only(nanosPerOp), warmed(udpPingPong1)},
	{"udp_ping_pong_10", only(nanosPerOp), warmed(udpPingPong10)},
	{"http", []figure{{"cpu", cpuNanosPerOp}}, serve},
	{"http_beside_slow", []figure{}, serveWithSlow},
	{"stalled_ticker_sleep", beside, stalledTickerSleep},
	{"stalled_ticker_sleep_2x", beside, stalledTickerSleep2x},
	{"stalled_ticker_spin", beside, stalledTickerSpin},
	{"stalled_ticker_spin_2x", beside, stalledTickerSpin2x},
	{"file_read_1k", only(nanosPerOp), fileRead1k},
	{"task_memory_pending", only(bytesPerTask), taskMemoryPending},
	{"task_memory_oneshot", only(bytesPerTask), taskMemoryOneshot},
	{"idle_cpu", []figure{{"cpu", cpuMicrosPerSecond}, {"switches", eventsPerSecond}}, idleCPU},
}

func main() {
	if len(os.Args) < 2 || os.Args[1] != "child" {
		fail("usage: gmpbench child --scenario NAME --workers N [--scale F]")
	}
	flags := flag.NewFlagSet("child", flag.ExitOnError)
	goes := flags.String("runtime", "go", "the runtime, of which there is one")
	name := flags.String("scenario", "", "the scenario's exact name")
	workers := flags.Int("workers", 2, "GOMAXPROCS")
	scale := flags.Float64("scale", 1, "how much of the normal work")
	flags.Parse(os.Args[2:]) // It exits by itself.
	if *goes != "go" || *workers < 1 || *scale <= 0 || flags.NArg() > 0 {
		fail("the runtime is go, workers are 1 or more, and the scale is above 0")
	}
	for _, scenario := range scenarios {
		if scenario.name == *name {
			runtime.GOMAXPROCS(*workers)
			report(scenario, params{*workers, *scale})
			return
		}
	}
	fail("no scenario is called '" + *name + "'")
}

// One line, as gmp-bench's own children print it.
func report(scenario scenario, params params) {
	type reading struct {
		Name   string  `json:"name"`
		Value  float64 `json:"value"`
		Unit   string  `json:"unit"`
		Amount float64 `json:"amount"`
		Per    float64 `json:"per"`
	}
	measured := scenario.run(params)
	check(len(measured) == len(scenario.figures), "there is a value for each figure")
	readings := []reading{}
	for i, figure := range scenario.figures {
		it := measured[i]
		readings = append(readings, reading{figure.name, it.amount / it.per, figure.unit, it.amount, it.per})
	}
	line := map[string]any{
		"runtime": "go", "scenario": scenario.name, "workers": params.workers, "figures": readings,
	}
	must0(json.NewEncoder(os.Stdout).Encode(line))
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, "gmpbench: "+message)
	os.Exit(2)
}
