package main

// Timers: many that fire, many that are stopped, and how late they are.

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

const manySleepers = 10_000

func sleepers(p params) []measurement {
	count, longest := p.count(200_000), p.count(1_000)
	var numbers random
	millis, want := make([]int, count), 0
	for i := range millis {
		millis[i] = numbers.upTo(longest)
		want += millis[i]
	}
	start, before := time.Now(), cpuTime()
	slept := make([]int, count)
	var all sync.WaitGroup
	all.Add(count)
	for i, length := range millis {
		go func() {
			time.Sleep(time.Duration(length) * time.Millisecond)
			slept[i] = length
			all.Done()
		}()
	}
	all.Wait()
	used := cpuTime() - before
	late(start, time.Duration(slices.Max(millis))*time.Millisecond)
	for _, length := range slept {
		want -= length
	}
	check(want == 0, "every sleeper slept")
	return timed(used, count)
}

func sleepersNear(p params) []measurement {
	const longest = 50
	times := max(p.count(20), 4)
	before := cpuTime()
	sleeps := make(chan int, manySleepers)
	var seeds random
	for range manySleepers {
		numbers := random(seeds.next())
		go func() {
			for range times {
				time.Sleep(time.Duration(numbers.upTo(longest)) * time.Millisecond)
			}
			sleeps <- times
		}()
	}
	all := 0
	for range manySleepers {
		all += <-sleeps
	}
	used := cpuTime() - before
	check(all == manySleepers*times, "every sleeper slept as often as it should")
	return timed(used, all)
}

// A timer of 5 s, one turn through the run queue, and the timer stopped.
func timeouts(p params) []measurement {
	const goroutines, limit = 1_000, 5 * time.Second
	each, inTime := p.count(500), make(chan int, goroutines)
	start := time.Now()
	for range goroutines {
		go func() {
			stopped := 0
			for range each {
				timer := time.NewTimer(limit)
				runtime.Gosched()
				if timer.Stop() {
					stopped++
				}
			}
			inTime <- stopped
		}()
	}
	all := 0
	for range goroutines {
		all += <-inTime
	}
	elapsed := time.Since(start)
	check(all == goroutines*each, "no turn takes 5 s")
	return timed(elapsed, all)
}

func intervalJitter(p params) []measurement { return overshoot(p, 100, 0) }
func intervalJitterPaced(p params) []measurement {
	return overshoot(p, 25, 100*time.Millisecond)
}

var precision = []figure{
	{"100us_p50", micros}, {"100us_p99", micros},
	{"1ms_p50", micros}, {"1ms_p99", micros},
	{"10ms_p50", micros}, {"10ms_p99", micros},
}

// How late single sleeps end while nothing else is there.
func timerPrecision(p params) []measurement {
	measured := []measurement{}
	for _, sleeps := range []struct {
		length time.Duration
		times  int
	}{{100 * time.Microsecond, 500}, {time.Millisecond, 500}, {10 * time.Millisecond, 100}} {
		lateness := []time.Duration{}
		for range max(p.count(sleeps.times), 5) {
			start := time.Now()
			time.Sleep(sleeps.length)
			lateness = append(lateness, late(start, sleeps.length))
		}
		measured = append(measured, percentilesOf(lateness, 50, 99)...)
	}
	return measured
}

// How late sleeps of 1 ms end in each of 10,000 goroutines, with sleeps of up to pause between.
func overshoot(p params, ticks int, pause time.Duration) []measurement {
	const tick = time.Millisecond
	ticks = max(p.count(ticks), 2)
	lateness := make(chan []time.Duration, manySleepers)
	var seeds random
	for range manySleepers {
		numbers := random(seeds.next())
		go func() {
			own := make([]time.Duration, 0, ticks)
			for range ticks {
				if pause > 0 {
					time.Sleep(time.Duration(numbers.upTo(int(pause))))
				}
				start := time.Now()
				time.Sleep(tick)
				own = append(own, late(start, tick))
			}
			lateness <- own
		}()
	}
	all := []time.Duration{}
	for range manySleepers {
		all = append(all, <-lateness...)
	}
	check(len(all) == manySleepers*ticks, "every sleep was timed")
	return percentilesOf(all, 50, 99)
}
