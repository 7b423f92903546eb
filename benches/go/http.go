package main

// An HTTP server: net/http's. The client is a program outside, which gmp-bench starts.

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// hyper's time for the header of a request, which net/http has none of by itself.
const headerTimeout = 30 * time.Second

func serve(params) []measurement {
	var answered atomic.Int64
	before := cpuTime()
	serveUntilStdinEnds(func(w http.ResponseWriter, r *http.Request) {
		answered.Add(1)
		hello(w)
	})
	return timed(cpuTime()-before, max(int(answered.Load()), 1))
}

func serveWithSlow(params) []measurement {
	serveUntilStdinEnds(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			block(offence)
		}
		hello(w)
	})
	return []measurement{}
}

func hello(w http.ResponseWriter) {
	// A client that has gone away in the middle is no failure of the server's.
	io.WriteString(w, "Hello, world!")
}

// Tells the runner where the server is, and waits for it to close our stdin; also when it died.
func serveUntilStdinEnds(handler http.HandlerFunc) {
	listener := listen()
	server := http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
	go server.Serve(listener) // It ends with the process.
	must0(json.NewEncoder(os.Stdout).Encode(map[string]string{"listening": listener.Addr().String()}))
	must(io.Copy(io.Discard, os.Stdin))
}
