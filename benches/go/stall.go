package main

// What others notice of goroutines that keep their threads.

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// How long an offender keeps its thread at a time.
const offence = 100 * time.Millisecond

var beside = []figure{{"p50", micros}, {"p99", micros}, {"max", micros}, {"offences", perSecond}}

// A system call is Go's way to block a thread: time.Sleep blocks the goroutine alone.
func sleepInPlace() { block(offence) }

// The same with a busy CPU.
func spin() {
	for start := time.Now(); time.Since(start) < offence; {
		compute(1_000)
	}
}

// Uses a CPU as its namesake does, whose value goes through memory in each round, lest the compiler leave them out.
func compute(rounds int) {
	hash := uint64(1)
	for range rounds {
		hash = bits.RotateLeft64(atomic.LoadUint64(&hash), 5) ^ 0x9e3779b9
	}
}

func stalledTickerSleep(p params) []measurement   { return stalledTicker(p, p.workers, sleepInPlace) }
func stalledTickerSleep2x(p params) []measurement { return stalledTicker(p, 2*p.workers, sleepInPlace) }
func stalledTickerSpin(p params) []measurement    { return stalledTicker(p, p.workers, spin) }
func stalledTickerSpin2x(p params) []measurement  { return stalledTicker(p, 2*p.workers, spin) }

// Sleeps of 1 ms beside so many offenders, from their first offence on.
func stalledTicker(p params, offenders int, offend func()) []measurement {
	const tick = time.Millisecond
	watched := time.Duration(max(4*p.scale, 0.5) * float64(time.Second))
	var over atomic.Bool
	var offences atomic.Int64
	var all sync.WaitGroup
	all.Add(offenders)
	for range offenders {
		go func() {
			for !over.Load() {
				offend()
				offences.Add(1)
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	lateness := []time.Duration{}
	start := time.Now()
	for time.Since(start) < watched {
		begun := time.Now()
		time.Sleep(tick)
		lateness = append(lateness, late(begun, tick))
	}
	offended := rate(int(offences.Load()), time.Since(start))
	over.Store(true)
	all.Wait()
	check(offended.amount > 0, "somebody was an offender")
	return append(percentilesOf(lateness, 50, 99, 100), offended)
}
