package main

// Trees of goroutines: each starts its children and waits for them.

import (
	"math"
	"time"
)

const fanout = 10

func skynet(p params) []measurement {
	leaves := int(math.Pow10(p.steps(6, fanout)))
	result := make(chan int)
	start := time.Now()
	go node(0, leaves, result)
	sum := <-result
	elapsed := time.Since(start)
	check(sum == leaves*(leaves-1)/2, "the leaves sum up")
	return timed(elapsed, (leaves*fanout-1)/(fanout-1))
}

// Sends the sum of the leaves from first on.
func node(first, leaves int, result chan<- int) {
	if leaves == 1 {
		result <- first
		return
	}
	children, below := make(chan int, fanout), leaves/fanout
	for child := range fanout {
		go node(first+child*below, below, children)
	}
	sum := 0
	for range fanout {
		sum += <-children
	}
	result <- sum
}

func fib(p params) []measurement {
	n := p.steps(25, math.Phi)
	start := time.Now()
	result := fibOf(n)
	elapsed := time.Since(start)
	check(result == fibByAdding(n), "fib(n)")
	// It takes 2 fib(n + 1) − 1 calls, of which all but the first are goroutines.
	return timed(elapsed, max(2*fibByAdding(n+1)-2, 1))
}

func fibOf(n int) int {
	if n < 2 {
		return n
	}
	branches := make(chan int, 2)
	go func() { branches <- fibOf(n - 1) }()
	go func() { branches <- fibOf(n - 2) }()
	return <-branches + <-branches
}

func fibByAdding(n int) int {
	this, next := 0, 1
	for ; n > 0; n-- {
		this, next = next, this+next
	}
	return this
}
