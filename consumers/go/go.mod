module github.com/pykraken/pykraken-go

go 1.25

require (
	github.com/redis/go-redis/v9 v9.22.0
	github.com/youmark/pkcs8 v0.0.0-20240726163527-a2c0da244d78
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	golang.org/x/crypto v0.22.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
)
