package main

// What it costs to give the processor away and to be woken; and channels.

import (
	"runtime"
	"time"
)

func yields(p params) []measurement {
	const goroutines = 200
	each, turns := p.count(5_000), make(chan int, goroutines)
	start := time.Now()
	for range goroutines {
		go func() {
			taken := 0
			for ; taken < each; taken++ {
				runtime.Gosched()
			}
			turns <- taken
		}()
	}
	all := 0
	for range goroutines {
		all += <-turns
	}
	elapsed := time.Since(start)
	check(all == goroutines*each, "every goroutine took all of its turns")
	return timed(elapsed, all)
}

func pingPong1(p params) []measurement   { return pingPong(1, p.count(200_000)) }
func pingPong100(p params) []measurement { return pingPong(100, p.count(5_000)) }

func pingPong(pairs, trips int) []measurement {
	balls, returned := make(chan int, pairs), make(chan int, pairs)
	start := time.Now()
	for range pairs {
		pair(trips, balls, returned)
	}
	all := 0
	for range pairs {
		all += <-balls
		check(<-returned == trips, "pong returned every ball")
	}
	elapsed := time.Since(start)
	check(all == 2*pairs*trips, "each ball was hit twice a trip")
	return timed(elapsed, pairs*trips)
}

// Starts one pair. Each side adds 1 to the ball; pong counts how often it returned it.
func pair(trips int, balls, returned chan<- int) {
	toPong, toPing := make(chan int, 1), make(chan int, 1)
	go func() {
		count := 0
		for ball := range toPong {
			count++
			toPing <- ball + 1
		}
		returned <- count
	}()
	go func() {
		ball := 0
		for range trips {
			toPong <- ball + 1
			ball = <-toPing
		}
		close(toPong)
		balls <- ball
	}()
}

// Four producers and one consumer, with room for a hundred.
func mpsc(p params) []measurement {
	const producers = 4
	each := p.count(400_000 / producers)
	start := time.Now()
	messages, done, result := make(chan int, 100), make(chan struct{}), make(chan int)
	for producer := range producers {
		go func() {
			for i := range each {
				messages <- producer*each + i + 1
			}
			done <- struct{}{}
		}()
	}
	go func() {
		sum := 0
		for number := range messages {
			sum += number
		}
		result <- sum
	}()
	for range producers {
		<-done
	}
	close(messages)
	sum := <-result
	elapsed := time.Since(start)
	check(sum == sumTo(producers*each), "every message arrived once")
	return timed(elapsed, producers*each)
}
