package main

// TCP over loopback, with both ends in this process. Go sets TCP_NODELAY by itself, and raises the limit of descriptors.

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"time"
)

const messageBytes = 64

func tcpEcho1(p params) []measurement    { return tcpEcho(1, p.count(20_000)) }
func tcpEcho50(p params) []measurement   { return tcpEcho(50, p.count(1_000)) }
func tcpEcho1000(p params) []measurement { return tcpEcho(1_000, p.count(100)) }

func tcpEcho(connections, trips int) []measurement {
	listener := listen()
	echoed, accepted := make(chan int, connections), make(chan struct{})
	go func() {
		for range connections {
			conn := must(listener.AcceptTCP())
			go func() { echoed <- echo(conn) }()
		}
		close(accepted)
	}()
	conns := []*net.TCPConn{}
	for range connections {
		conns = append(conns, dial(listener))
	}
	<-accepted

	called := make(chan struct{}, connections)
	start := time.Now()
	for _, conn := range conns {
		go func() {
			call(conn, trips)
			called <- struct{}{}
		}()
	}
	for range conns {
		<-called
	}
	elapsed := time.Since(start)
	all := 0
	for range conns {
		all += <-echoed
	}
	must0(listener.Close())
	check(all == connections*trips*messageBytes, "the servers saw every message")
	return timed(elapsed, connections*trips)
}

// Sends numbered messages, one at a time, and compares what comes back.
func call(conn *net.TCPConn, trips int) {
	message := bytes.Repeat([]byte{0x5a}, messageBytes)
	answer := make([]byte, messageBytes)
	for trip := range trips {
		binary.LittleEndian.PutUint64(message, uint64(trip))
		must(conn.Write(message))
		must(io.ReadFull(conn, answer))
		check(bytes.Equal(answer, message), "the answer is the message")
	}
	must0(conn.Close())
}

// Sends back what comes in, until the client is done; how many bytes that were.
func echo(conn *net.TCPConn) int {
	buffer, all := make([]byte, 1_024), 0
	for {
		read, err := conn.Read(buffer)
		if err == io.EOF {
			must0(conn.Close())
			return all
		}
		must0(err)
		must(conn.Write(buffer[:read]))
		all += read
	}
}

// Connections that the server closes as soon as it has accepted them, 16 at a time.
func acceptClose(p params) []measurement {
	const clients = 16
	each := p.count(10_000 / clients)
	listener := listen()
	served, called := make(chan struct{}), make(chan struct{}, clients)
	start := time.Now()
	go func() {
		for range clients * each {
			must0(must(listener.AcceptTCP()).Close())
		}
		close(served)
	}()
	for range clients {
		go func() {
			comeAndGo(listener, each)
			called <- struct{}{}
		}()
	}
	for range clients {
		<-called
	}
	<-served
	elapsed := time.Since(start)
	must0(listener.Close())
	return []measurement{rate(clients*each, elapsed)}
}

// Connects and waits for the end of the connection, so many times; then resets it, so that nobody is left in TIME-WAIT.
func comeAndGo(listener *net.TCPListener, times int) {
	for range times {
		conn := dial(listener)
		_, err := conn.Read(make([]byte, 1))
		check(err == io.EOF, "the server says nothing and closes in peace")
		must0(conn.SetLinger(0))
		must0(conn.Close())
	}
}

func listen() *net.TCPListener {
	return must(net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}))
}

func dial(listener *net.TCPListener) *net.TCPConn {
	return must(net.DialTCP("tcp4", nil, listener.Addr().(*net.TCPAddr)))
}
