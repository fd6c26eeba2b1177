package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// account is the administrator as the database keeps it. Login and password come from the settings once, when the
// database is new; a later GF_SECURITY_ADMIN_PASSWORD changes nothing. That is Grafana's way, and on a volume that outlived
// its deployment it locks everybody out who only knows the new password.
type account struct {
	Login   string    `json:"login"`
	Salt    string    `json:"salt"`
	Hash    string    `json:"hash"`
	Created time.Time `json:"created"`
}

func newAccount(login, password string) account {
	salt := randomHex(16)
	return account{Login: login, Salt: salt, Hash: hashed(salt, password), Created: time.Now().UTC()}
}

func (a account) accepts(login, password string) bool {
	return equal(login, a.Login) && equal(hashed(a.Salt, password), a.Hash)
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func hashed(salt, password string) string {
	sum := sha256.Sum256([]byte(salt + password))
	return hex.EncodeToString(sum[:])
}

// database is the file that takes grafana.db's place. What is provisioned is not in it: it comes again at each start.
type database struct {
	Admin   account      `json:"admin"`
	Folders []*folder    `json:"folders"`
	Boards  []*dashboard `json:"boards"`
}

const databaseName = "standin.db.json"

func (s *server) file() string { return filepath.Join(s.dataDir, databaseName) }

// open reads the database, or makes a new one. Grafana refuses to start on an unwritable data folder; so does this.
func (s *server) open(conf settings) error {
	db, err := s.readDatabase()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		db.Admin = newAccount(conf.get("security", "admin_user", "admin"), conf.get("security", "admin_password", "admin"))
		logLine("sqlstore", "info", "Created default admin", "user", db.Admin.Login)
		logLine("sqlstore", "info", "Created default organization")
	case err != nil:
		return fmt.Errorf("failed to open the database %s: %w", s.file(), err)
	}
	s.admin, s.folders = db.Admin, db.Folders
	for _, d := range db.Boards {
		s.boards[d.uid()] = d
	}
	if err = os.MkdirAll(s.dataDir, 0o755); err == nil {
		err = s.save()
	}
	if err != nil {
		return fmt.Errorf("GF_PATHS_DATA='%s' is not writable: %w", s.dataDir, err)
	}
	return nil
}

func (s *server) readDatabase() (db database, err error) {
	b, err := os.ReadFile(s.file())
	if err == nil {
		err = json.Unmarshal(b, &db)
	}
	return db, err
}

// save writes the database; the caller holds the lock.
func (s *server) save() error {
	db := database{Admin: s.admin}
	for _, f := range s.folders {
		if !f.Provisioned {
			db.Folders = append(db.Folders, f)
		}
	}
	for _, d := range s.boards {
		if d.Provisioned == "" {
			db.Boards = append(db.Boards, d)
		}
	}
	b, err := json.Marshal(db)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file()+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(s.file()+".new", s.file())
}

// newID makes ids as large as 12's: over 32 bits, under the 53 that JavaScript can count. The caller holds the lock.
func (s *server) newID() int64 {
	s.lastID = max(s.lastID+1, time.Now().UnixMilli()<<11)
	return s.lastID
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// shortUID is what Grafana gives to a folder or a saved dashboard without a uid: 14 characters, a letter first.
func shortUID() string { return "g" + randomHex(7)[:13] }

// importUID is what it gives to an imported dashboard without one: a UUID.
func importUID() string {
	h := randomHex(16)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "a" + h[17:20], h[20:]}, "-")
}
