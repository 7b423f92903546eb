package main

// UDP over loopback, with both ends in this process.

import (
	"bytes"
	"encoding/binary"
	"net"
	"syscall"
	"time"
)

func udpPingPong1(p params) []measurement  { return udpPingPong(1, p.count(20_000)) }
func udpPingPong10(p params) []measurement { return udpPingPong(10, p.count(4_000)) }

func udpPingPong(pairs, trips int) []measurement {
	sockets, done := [][2]net.Conn{}, make(chan struct{}, 2*pairs)
	for range pairs {
		sockets = append(sockets, connected())
	}
	start := time.Now()
	for _, pair := range sockets {
		go func() {
			askAll(pair[0], trips)
			done <- struct{}{}
		}()
		go func() {
			returnAll(pair[1], trips)
			done <- struct{}{}
		}()
	}
	for range 2 * pairs {
		<-done
	}
	elapsed := time.Since(start)
	for _, pair := range sockets {
		must0(pair[0].Close())
		must0(pair[1].Close())
	}
	return timed(elapsed, pairs*trips)
}

// Two sockets that are connected to each other. Go connects a socket when it makes it, at which time the other one must
// have its port already; so a first one holds the port until the second and the third are there.
func connected() [2]net.Conn {
	holder := must(dialer(nil).Dial("udp4", "127.0.0.1:9"))
	pong := must(dialer(nil).Dial("udp4", holder.LocalAddr().String()))
	ping := must(dialer(holder.LocalAddr()).Dial("udp4", pong.LocalAddr().String()))
	must0(holder.Close())
	return [2]net.Conn{ping, pong}
}

// Makes sockets that may have the same port.
func dialer(local net.Addr) *net.Dialer {
	shared := func(_, _ string, conn syscall.RawConn) error {
		var err error
		failed := conn.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		})
		if failed != nil {
			return failed
		}
		return err
	}
	return &net.Dialer{LocalAddr: local, Control: shared}
}

// Sends numbered datagrams, one at a time, and compares what comes back.
func askAll(conn net.Conn, trips int) {
	datagram := bytes.Repeat([]byte{0x5a}, messageBytes)
	answer := make([]byte, messageBytes)
	for trip := range trips {
		binary.LittleEndian.PutUint64(datagram, uint64(trip))
		must(conn.Write(datagram))
		read := must(conn.Read(answer))
		check(bytes.Equal(answer[:read], datagram), "the answer is the datagram")
	}
}

func returnAll(conn net.Conn, trips int) {
	buffer := make([]byte, messageBytes)
	for range trips {
		must(conn.Write(buffer[:must(conn.Read(buffer))]))
	}
}
