//! System calls on descriptors that no library offers safely.
//!
//! Go: internal/poll/fd_unix.go
