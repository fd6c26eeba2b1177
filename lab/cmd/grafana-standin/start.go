package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A genuine Grafana 12.4 took about 12 s for its own start beside the other pods of a stack, most of it hundreds of SQL
// migrations on a fresh SQLite file, each written through to the disk. Its port refuses connections until they are done.
// On a tmpfs, and on a database that is there already, that time is not spent.
const (
	migrations     = 700
	freshStart     = 8 * time.Second
	freshInMemory  = 4 * time.Second
	startAgain     = 3 * time.Second
	tmpfsMagic     = 0x01021994
	migrationsName = databaseName + ".migrations" // one line for each migration that was performed
)

// migrate brings the database in a data folder up to date, as slowly as Grafana does: each migration is written through to
// the disk, and none comes sooner than was measured. A start that was ended midway is resumed by the next one.
func migrate(dataDir string, began time.Time) error {
	file := filepath.Join(dataDir, migrationsName)
	done, err := performedMigrations(file)
	if err != nil {
		return fmt.Errorf("failed to open the database %s: %w", file, err)
	}
	logLine("sqlstore", "info", "Connecting to DB", "dbtype", "sqlite3")
	logLine("migrator", "info", "Locking database")
	logLine("migrator", "info", "Starting DB migrations")
	first := time.Now()
	if done < migrations {
		if done == 0 {
			logLine("sqlstore", "info", "Creating SQLite database file", "path", filepath.Join(dataDir, databaseName))
		}
		if err := performMigrations(file, done, time.Until(began.Add(freshTime(dataDir)))); err != nil {
			return fmt.Errorf("GF_PATHS_DATA='%s' is not writable: %w", dataDir, err)
		}
	}
	logLine("migrator", "info", "migrations completed", "performed", migrations-done, "skipped", done, "duration", time.Since(first))
	logLine("migrator", "info", "Unlocking database")
	time.Sleep(time.Until(began.Add(startAgain)))
	return nil
}

func freshTime(dataDir string) time.Duration {
	if isInMemory(dataDir) {
		return freshInMemory
	}
	return freshStart
}

func performedMigrations(file string) (int, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return bytes.Count(text, []byte("\n")), err
}

// performMigrations writes a line for each migration from the given number on, evenly over what a start from the first one takes.
func performMigrations(file string, from int, total time.Duration) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	first, pace := time.Now(), total/migrations
	for i := from; i < migrations; i++ {
		id, started := migrationID(i), time.Now()
		logLine("migrator", "info", "Executing migration", "id", id)
		if _, err := fmt.Fprintln(f, id); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		time.Sleep(time.Until(first.Add(pace * time.Duration(i-from+1))))
		logLine("migrator", "info", "Migration successfully executed", "id", id, "duration", time.Since(started))
	}
	return nil
}

func migrationID(i int) string {
	if i == 0 {
		return "create migration_log table"
	}
	return fmt.Sprintf("lab stand-in migration %d", i)
}

func isInMemory(dir string) bool {
	var stat syscall.Statfs_t
	return syscall.Statfs(dir, &stat) == nil && stat.Type == tmpfsMagic
}
