// Package fetch gets pages for the link checker.
package fetch

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"time"
)

// Bad: accepts every certificate, and waits forever.
func insecureClient() *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	return &http.Client{Transport: transport}
}

// Good: the usual checks, and a deadline.
func client() *http.Client {
	return &http.Client{Timeout: 10 * time.Second}
}

func countAll(ctx context.Context, urls []string) (map[string]int64, error) {
	sizes := make(map[string]int64, len(urls))
	var guard sync.Mutex
	var wait sync.WaitGroup
	// Don't do this, the map is written by many goroutines at once:
	//
	//	for _, url := range urls {
	//		go func() { sizes[url] = fetchSize(url) }()
	//	}
	for _, url := range urls {
		wait.Add(1)
		go func() {
			defer wait.Done()
			size, err := fetchSize(ctx, url)
			if err != nil {
				return
			}
			guard.Lock()
			defer guard.Unlock()
			sizes[url] = size
		}()
	}
	wait.Wait()
	return sizes, nil
}

func fetchSize(ctx context.Context, url string) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("fetch %s: %w", url, err)
	}
	reply, err := client().Do(request)
	if err != nil {
		return 0, fmt.Errorf("fetch %s: %w", url, err)
	}
	defer reply.Body.Close()
	return io.Copy(io.Discard, reply.Body)
}

func cleanName(name string) string {
	return filepath.Base(filepath.Clean(name))
}
