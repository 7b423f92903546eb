package main

// Files.

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

func fileRead1k(p params) []measurement {
	const readers, size = 50, 1_024
	folder := must(os.MkdirTemp("", "gmpbench"))
	defer os.RemoveAll(folder)
	paths := []string{}
	for i := range readers {
		path := filepath.Join(folder, strconv.Itoa(i))
		must0(os.WriteFile(path, bytes.Repeat([]byte{byte(i)}, size), 0o600))
		paths = append(paths, path)
	}
	return warmed(func(p params) []measurement {
		each, reads := p.count(1_000), make(chan int, readers)
		start := time.Now()
		for i, path := range paths {
			go func() {
				read := 0
				for ; read < each; read++ {
					file := must(os.ReadFile(path))
					check(len(file) == size && file[size-1] == byte(i), "its bytes")
				}
				reads <- read
			}()
		}
		all := 0
		for range paths {
			all += <-reads
		}
		elapsed := time.Since(start)
		check(all == readers*each, "every file was read as often as it should")
		return timed(elapsed, all)
	})(p)
}
