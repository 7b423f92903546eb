package main

// What a goroutine costs: started, and joined.

import (
	"sync"
	"sync/atomic"
	"time"
)

// A sum that goroutines add distinct numbers to. The addition that completes it, or takes it too far, says so.
type sumGate struct {
	sum  atomic.Int64
	want int64
}

func newSumGate(count int) *sumGate { return &sumGate{want: int64(sumTo(count))} }

func (g *sumGate) add(number int) bool { return g.sum.Add(int64(number)) >= g.want }

func (g *sumGate) check() { check(g.sum.Load() == g.want, "every goroutine ran once") }

func burst(p params) []measurement {
	count := p.count(500_000)
	gate, done := newSumGate(count), make(chan struct{}, 1)
	start := time.Now()
	for i := range count {
		go func() {
			if gate.add(i + 1) {
				done <- struct{}{}
			}
		}()
	}
	<-done
	elapsed := time.Since(start)
	gate.check()
	return timed(elapsed, count)
}

func spawnJoin(p params) []measurement { return spawnAndJoin(p.count(500_000)) }

// All goroutines of Go programs descend from main, so this is spawnJoin with another number.
func mainSpawns(p params) []measurement { return spawnAndJoin(p.count(200_000)) }

// A place in a slice and a WaitGroup are what Go has for handles.
func spawnAndJoin(count int) []measurement {
	start := time.Now()
	outputs := make([]int, count)
	var all sync.WaitGroup
	all.Add(count)
	for i := range outputs {
		go func() {
			outputs[i] = i + 1
			all.Done()
		}()
	}
	all.Wait()
	sum := 0
	for _, output := range outputs {
		sum += output
	}
	elapsed := time.Since(start)
	check(sum == sumTo(count), "the outputs sum up")
	return timed(elapsed, count)
}

func spawnAwaitEach(p params) []measurement {
	count, sum := p.count(300_000), 0
	output := make(chan int)
	start := time.Now()
	for i := range count {
		go func() { output <- i + 1 }()
		sum += <-output
	}
	elapsed := time.Since(start)
	check(sum == sumTo(count), "the outputs sum up")
	return timed(elapsed, count)
}
