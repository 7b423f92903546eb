package main

// What the scenarios share: how much to do, what came out, clocks, and checks.

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type params struct {
	workers int
	scale   float64
}

// How much smaller the uncounted run before a counted one is.
const warmUpShare = 0.05

func (p params) warmUp() params {
	return params{p.workers, p.scale * warmUpShare}
}

// The normal number scaled, and at least 1.
func (p params) count(normal int) int {
	return max(int(math.Round(float64(normal)*p.scale)), 1)
}

// The normal number of steps of something that grows by base a step, so that the work scales.
func (p params) steps(normal int, base float64) int {
	return max(normal+int(math.Round(math.Log(p.scale)/math.Log(base))), 1)
}

// Runs the scenario small and uncounted first, then in full.
func warmed(run func(params) []measurement) func(params) []measurement {
	return func(p params) []measurement {
		run(p.warmUp())
		return run(p)
	}
}

type figure struct{ name, unit string }

// The units as gmp-bench writes them.
const (
	nanosPerOp         = "ns/op"
	cpuNanosPerOp      = "cpu-ns/op"
	micros             = "µs"
	perSecond          = "op/s"
	bytesPerTask       = "B/task"
	cpuMicrosPerSecond = "µs/s"
	eventsPerSecond    = "events/s"
	percentLeft        = "%"
	percentSpread      = "%spread"
)

func only(unit string) []figure { return []figure{{"", unit}} }

var percentiles = []figure{{"p50", micros}, {"p99", micros}}

// An amount and what it is divided by.
type measurement struct{ amount, per float64 }

func timed(elapsed time.Duration, ops int) []measurement {
	return []measurement{{float64(elapsed.Nanoseconds()), float64(ops)}}
}

func rate(ops int, elapsed time.Duration) measurement {
	return measurement{float64(ops), elapsed.Seconds()}
}

// The least times that so many percent of the others don't exceed, in microseconds.
func percentilesOf(times []time.Duration, percents ...float64) []measurement {
	slices.Sort(times)
	found := []measurement{}
	for _, percent := range percents {
		rank := int(math.Ceil(percent / 100 * float64(len(times))))
		found = append(found, measurement{times[max(rank, 1)-1].Seconds() * 1e6, 1})
	}
	return found
}

// By how much a sleep took longer than it should.
func late(start time.Time, asked time.Duration) time.Duration {
	late := time.Since(start) - asked
	check(late >= 0, "no sleep ends early")
	return late
}

// CPU time and context switches so far, of the whole process or of the calling thread.
func used(who int) (time.Duration, int) {
	var usage syscall.Rusage
	must0(syscall.Getrusage(who, &usage))
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	return cpu, int(usage.Nvcsw + usage.Nivcsw)
}

func cpuTime() time.Duration {
	cpu, _ := used(syscall.RUSAGE_SELF)
	return cpu
}

// Keeps the thread in a system call for that long.
func block(length time.Duration) {
	left := syscall.NsecToTimespec(length.Nanoseconds())
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}

// Resident memory in bytes, from /proc/self/statm (Linux).
func residentBytes() int {
	fields := strings.Fields(string(must(os.ReadFile("/proc/self/statm"))))
	return must(strconv.Atoi(fields[1])) * os.Getpagesize()
}

// The numbers of crates/gmp-bench/src/random.rs (splitmix64).
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	mixed := uint64(*r)
	mixed = (mixed ^ mixed>>30) * 0xbf58476d1ce4e5b9
	mixed = (mixed ^ mixed>>27) * 0x94d049bb133111eb
	return mixed ^ mixed>>31
}

// From 1 to most.
func (r *random) upTo(most int) int {
	return int(r.next()%uint64(most)) + 1
}

// 1 + 2 + … + count.
func sumTo(count int) int { return count * (count + 1) / 2 }

// A wrong result, or an error of the system, is the end of the child: no figure of it counts.
func check(right bool, what string) {
	if !right {
		panic("not so: " + what)
	}
}

func must[T any](value T, err error) T {
	must0(err)
	return value
}

func must0(err error) {
	if err != nil {
		panic(err)
	}
}
