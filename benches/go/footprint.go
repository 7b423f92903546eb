package main

// What goroutines and an idle runtime cost while nothing happens: memory and CPU time.

import (
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// How long threads get to come to rest before a reading.
const settle = 50 * time.Millisecond

func taskMemoryPending(p params) []measurement {
	return parked(p, func(started *atomic.Int64) {
		go func() {
			started.Add(1)
			select {}
		}()
	})
}

func taskMemoryOneshot(p params) []measurement {
	senders := make([]chan<- int, 0, parkedCount(p))
	measured := parked(p, func(started *atomic.Int64) {
		receiver := make(chan int, 1)
		senders = append(senders, receiver)
		go func() {
			started.Add(1)
			<-receiver
		}()
	})
	runtime.KeepAlive(senders)
	return measured
}

func parkedCount(p params) int { return max(p.count(100_000), 50_000) }

// The growth of resident memory while goroutines park, which start in batches: each has run before the next is started.
func parked(p params, start func(started *atomic.Int64)) []measurement {
	const batch = 100
	count := parkedCount(p)
	exercise(batch)
	var started atomic.Int64
	before := residentBytes()
	for number := 1; number <= count; number++ {
		start(&started)
		for number%batch == 0 && started.Load() < int64(number) {
			runtime.Gosched()
		}
	}
	time.Sleep(settle)
	after := residentBytes()
	check(after > before, "parked goroutines take memory")
	return []measurement{{float64(after - before), float64(count)}}
}

// CPU time and context switches of all threads but this one, which sleeps in a system call and then reads the clocks. Now
// and then that call has the monitor look at it for its first 10 ms, some forty times.
func idleCPU(p params) []measurement {
	idle := time.Duration(max(2*p.scale, 0.5) * float64(time.Second))
	came := waitForWhatNeverComes()
	exercise(p.count(20_000))
	runtime.LockOSThread()
	read := func() (time.Duration, int) {
		ownCPU, ownSwitches := used(syscall.RUSAGE_THREAD)
		cpu, switches := used(syscall.RUSAGE_SELF)
		return cpu - ownCPU, switches - ownSwitches
	}
	cpuBefore, switchesBefore := read()
	block(idle)
	cpuAfter, switchesAfter := read()
	runtime.UnlockOSThread()
	check(came.Load() == 0, "nothing came")
	micros := max(float64((cpuAfter - cpuBefore).Microseconds()), 0)
	switches := max(float64(switchesAfter-switchesBefore), 0)
	return []measurement{{micros, idle.Seconds()}, {switches, idle.Seconds()}}
}

// A listener, both ends of a connection, datagrams and a timer, each with its goroutine; how many are done.
func waitForWhatNeverComes() *atomic.Int64 {
	came := new(atomic.Int64)
	wait := func(wait func()) {
		go func() {
			wait()
			came.Add(1)
		}()
	}
	listener := listen()
	connected, accepted := dial(listener), must(listener.AcceptTCP())
	datagrams := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	for _, conn := range []net.Conn{connected, accepted, datagrams} {
		wait(func() { conn.Read(make([]byte, 1)) })
	}
	wait(func() { listener.Accept() })
	wait(func() { time.Sleep(time.Hour) })
	return came
}

// Gives every processor something to do, and time to come to rest after it.
func exercise(goroutines int) {
	spawnAndJoin(goroutines)
	time.Sleep(settle)
}
