package main

// How work spreads over processors and over goroutines that want the same; and how soon another processor takes some.

import (
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

var spread = []figure{{"spread", percentSpread}, {"least", percentLeft}, {"turns", perSecond}}
var scaled = []figure{{"rate", perSecond}, {"share", percentLeft}}

func scaling1(p params) []measurement { return []measurement{leavesASecond(p, 1)} }
func scaling2(p params) []measurement { return scaling(p, 2) }
func scaling4(p params) []measurement { return scaling(p, 4) }
func scaling8(p params) []measurement { return scaling(p, 8) }

func scalingAll(p params) []measurement { return scaling(p, runtime.NumCPU()) }

func scaling(p params, workers int) []measurement {
	one, many := leavesASecond(p, 1), leavesASecond(p, workers)
	share := many.amount / many.per / (one.amount / one.per) * 100
	return []measurement{many, {share, float64(workers)}}
}

func leavesASecond(p params, workers int) measurement {
	runtime.GOMAXPROCS(workers)
	levels := p.steps(17, 2)
	grow(p.warmUp().steps(17, 2), 0)
	start := time.Now()
	sum := grow(levels, 0)
	elapsed := time.Since(start)
	leaves := 1 << levels
	check(sum == sumTo(leaves-1), "every leaf was there once")
	return rate(leaves, elapsed)
}

// The sum of the numbers of the leaves from first on. Each node starts one of its branches and does the other.
func grow(levels, first int) int {
	if levels == 0 {
		compute(1_000)
		return first
	}
	other := make(chan int, 1)
	go func() { other <- grow(levels-1, first) }()
	own := grow(levels-1, first+1<<(levels-1))
	return own + <-other
}

// How far apart a hundred equal goroutines are when time is up.
func fairness(p params) []measurement {
	const goroutines = 100
	var begun, over atomic.Bool
	taken := make(chan int, goroutines)
	for range goroutines {
		go func() {
			turns := 0
			begun.Store(true)
			for !over.Load() {
				compute(2_500)
				turns++
				runtime.Gosched()
			}
			taken <- turns
		}()
	}
	// The one who waits is no goroutine among them: its thread sleeps.
	for !begun.Load() {
		block(time.Millisecond)
	}
	start := time.Now()
	block(time.Duration(max(2*p.scale, 0.1) * float64(time.Second)))
	over.Store(true)
	elapsed := time.Since(start)
	turns, all := []int{}, 0
	for range goroutines {
		turns = append(turns, <-taken)
		all += turns[len(turns)-1]
	}
	check(all > 0, "the goroutines ran")
	mean, squares := float64(all)/goroutines, 0.0
	for _, turns := range turns {
		squares += math.Pow(float64(turns)-mean, 2)
	}
	deviation := math.Sqrt(squares / goroutines)
	least := float64(slices.Min(turns))
	return []measurement{{deviation * 100, mean}, {least * 100, mean}, rate(all, elapsed)}
}

// A goroutine sends the time to another one and then computes for 100 µs.
func wakeAcross(p params) []measurement {
	const busy, pause = 100 * time.Microsecond, time.Millisecond
	wakes := max(p.count(1_000), 20)
	sent, ages := make(chan time.Time, 1), make(chan []time.Duration)
	go func() {
		all := []time.Duration{}
		for at := range sent {
			all = append(all, time.Since(at))
		}
		ages <- all
	}()
	for range wakes + 1 {
		time.Sleep(pause)
		at := time.Now()
		sent <- at
		for time.Since(at) < busy {
		}
	}
	close(sent)
	// The first one doesn't count.
	all := (<-ages)[1:]
	check(len(all) == wakes, "every wake was timed")
	return percentilesOf(all, 50, 99)
}
