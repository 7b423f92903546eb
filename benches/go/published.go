package main

// The shapes of the scheduler benchmarks that tokio publishes of itself, where Go has something like them.

import "time"

// Batches of 10,000 goroutines, each waited for by who started it.
func spawnManyLocal(p params) []measurement {
	const goroutines = 10_000
	batches, done := p.count(50), make(chan struct{}, 1)
	start := time.Now()
	for range batches {
		gate := newSumGate(goroutines)
		for i := range goroutines {
			go func() {
				if gate.add(i + 1) {
					done <- struct{}{}
				}
			}()
		}
		<-done
		gate.check()
	}
	return timed(time.Since(start), batches*goroutines)
}

// Batches of 1,000 goroutines that each start a partner and send a number to and fro, over a channel a way.
func pingPongSpawned(p params) []measurement {
	const pairs = 1_000
	batches, done := p.count(100), make(chan struct{}, 1)
	start := time.Now()
	for range batches {
		gate := newSumGate(pairs)
		for i := range pairs {
			go func() {
				if gate.add(roundTrip(i + 1)) {
					done <- struct{}{}
				}
			}()
		}
		<-done
		gate.check()
	}
	return timed(time.Since(start), batches*pairs)
}

func roundTrip(number int) int {
	ping, pong := make(chan int, 1), make(chan int, 1)
	go func() { pong <- <-ping }()
	ping <- number
	return <-pong
}

// Chains of 1,000 goroutines, each started by the last.
func chainedSpawn(p params) []measurement {
	const links = 1_000
	chains, end := p.count(300), make(chan int)
	start := time.Now()
	for range chains {
		go link(links, 0, end)
		check(<-end == sumTo(links), "every link was there once")
	}
	return timed(time.Since(start), chains*links)
}

// Adds its number to what the links before came to, and starts the next one.
func link(number, sum int, end chan<- int) {
	if number == 0 {
		end <- sum
		return
	}
	go link(number-1, sum+number, end)
}
