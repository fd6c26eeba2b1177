package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A genuine Grafana 12.4 took about 12 s for its own start beside the other pods of a stack, most of it hundreds of SQL
// migrations on a fresh SQLite file, each written through to the disk. Its port refuses connections until they are done.
// On a tmpfs, and on a database that is there already, that time is not spent.
const (
	migrations      = 700
	freshStart      = 8 * time.Second
	freshInMemory   = 4 * time.Second
	startAgain      = 3 * time.Second
	tmpfsMagic      = 0x01021994
	migrationLogger = "logger=migrator"
)

// migrate makes a new database as slowly as Grafana does: writes that reach the disk, and no sooner than it was measured.
// It returns when the port may open.
func migrate(dataDir string, isNew bool, began time.Time) error {
	least := startAgain
	if isNew {
		log.Printf("%s level=info msg=%q", migrationLogger, "Starting DB migrations")
		if err := writeThrough(filepath.Join(dataDir, "migration_log"), migrations); err != nil {
			return fmt.Errorf("GF_PATHS_DATA='%s' is not writable: %w", dataDir, err)
		}
		log.Printf("%s level=info msg=%q performed=%d skipped=0 duration=%s", migrationLogger, "migrations completed", migrations, time.Since(began))
		least = freshStart
		if isInMemory(dataDir) {
			least = freshInMemory
		}
	}
	time.Sleep(time.Until(began.Add(least)))
	return nil
}

func writeThrough(file string, times int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for i := range times {
		if _, err := fmt.Fprintln(f, i); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return nil
}

func isInMemory(dir string) bool {
	var stat syscall.Statfs_t
	return syscall.Statfs(dir, &stat) == nil && stat.Type == tmpfsMagic
}
